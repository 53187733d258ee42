// Computes for ?ms= milliseconds per request. containerConcurrency: 1 sends it one request at a time.
import { createServer } from "node:http";

const { PORT = "8080", HOSTNAME = `process ${process.pid}` } = process.env;
let atOnce = 0;

function isPrime(number) {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return number > 1;
}

const server = createServer((request, response) => {
  atOnce += 1;
  const crowd = atOnce;
  const ms = Number(new URL(request.url, "http://here").searchParams.get("ms") ?? 200);
  const until = Date.now() + Math.min(ms, 10_000);
  let largest = 2;
  // Computes in slices, so that a second request at the same time would be accepted and counted.
  const work = () => {
    for (let index = 0; index < 200; index++) if (isPrime(largest + 1 + index)) largest += 1 + index;
    if (Date.now() < until) return setTimeout(work, 5);
    atOnce -= 1;
    return response.end(`${JSON.stringify({ pod: HOSTNAME, largest, atOnce: crowd })}\n`);
  };
  work();
});
server.listen(Number(PORT), () => console.log(`listening on ${PORT}`));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
