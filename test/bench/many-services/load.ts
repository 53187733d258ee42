// Sends requests at a constant rate to one Service, without waiting for responses: `load.ts PORT HOST PER_SECOND`.
// On each IPC message it sends the latencies since the previous message, in ms.
import { Agent, request } from "node:http";

const [port = "", host = "", perSecond = ""] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
let took: number[] = [];
let failed = 0;

function ask(): void {
  const begun = performance.now();
  const outgoing = request({ host: "127.0.0.1", port: Number(port), agent, headers: { host } }, (response) => {
    response.resume().on("end", () => {
      if (response.statusCode === 200) took.push(performance.now() - begun);
      else failed++;
    });
  });
  outgoing.on("error", () => failed++).end();
}

process.on("message", () => {
  process.send?.({ took, failed });
  took = [];
  failed = 0;
});
setInterval(ask, 1000 / Number(perSecond));
process.send?.("ready");
