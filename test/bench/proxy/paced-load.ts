// Sends requests at a fixed rate, independent of the response times, and measures each response time.
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";

export interface PacedLoad {
  readonly port: number;
  readonly host: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Ms from sending to the end of the response, for each request. Rejects if a status is not 200. */
export async function pacedLoad({ port, host, perSecond, seconds }: PacedLoad): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true });
  const all: Promise<number>[] = [];
  const startedAt = performance.now();
  const total = perSecond * seconds;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - startedAt) / 1000) * perSecond);
      while (all.length < due) all.push(timeOf(agent, port, host));
      if (all.length < total) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const times = await Promise.all(all);
  agent.destroy();
  return times;
}

function timeOf(agent: Agent, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sentAt = performance.now();
    const outgoing = request({ host: "127.0.0.1", port, agent, headers: { Host: host } }, (reply) => {
      reply.resume().on("end", () => {
        if (reply.statusCode === 200) resolve(performance.now() - sentAt);
        else reject(new Error(`answered ${reply.statusCode}`));
      });
    });
    outgoing.on("error", reject).end();
  });
}
