// Load generator: node load.mjs [URL] [clients] [seconds]. Prints requests per pod, and latencies.
import { request } from "node:http";

const [url = process.env.KNAP_URL ?? "http://127.0.0.1:8080/?ms=300", clients = "10", seconds = "20"] =
  process.argv.slice(2);
const end = Date.now() + Number(seconds) * 1000;
const pods = new Map();
const times = [];
let failed = 0;

/** `localhost` names below it are this machine; Node's resolver does not know them all. */
const target = new URL(url);
const host = target.hostname.endsWith(".localhost") ? "127.0.0.1" : target.hostname;

function ask() {
  return new Promise((done) => {
    const started = Date.now();
    const call = request(
      { host, port: target.port, path: target.pathname + target.search, headers: { host: target.host } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part) => (text += part));
        response.on("end", () => {
          if (response.statusCode !== 200) failed += 1;
          else {
            const { pod } = JSON.parse(text);
            pods.set(pod, (pods.get(pod) ?? 0) + 1);
            times.push(Date.now() - started);
          }
          done();
        });
      },
    );
    call.on("error", () => {
      failed += 1;
      done();
    });
    call.end();
  });
}

async function client() {
  while (Date.now() < end) await ask();
}

await Promise.all(Array.from({ length: Number(clients) }, client));
times.sort((a, b) => a - b);
const at = (part) => times[Math.floor((times.length - 1) * part)] ?? 0;
console.log(`${times.length} answered, ${failed} failed; p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, slowest ${at(1)} ms`);
for (const [pod, count] of [...pods].sort()) console.log(`${String(count).padStart(6)}  ${pod}`);
process.exitCode = failed > 0 ? 1 : 0;
