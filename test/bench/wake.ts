// Measures a wake on the node: from pod to first 200, compared with the engine's own create, start and first 200; and a
// thaw.
import { request } from "node:http";
import { makeConcurrencyLimit } from "../../src/node/kubelet/concurrency-limit.ts";
import { type NodeBench, openNodeBench } from "../support/node-bench.ts";
import { type Bench, type Figure, median } from "./bench.ts";

const PARALLEL = 8;
const EVERY_MS = 2;

/** Services woken at once → rounds. Short rounds are repeated more often, because their times vary more. */
const SIZES: readonly (readonly [together: number, rounds: number])[] = [
  [1, 9],
  [5, 3],
  [25, 1],
];

export const wakeBench: Bench = {
  name: "wake: a pod until its first 200, against the engine alone",
  async run() {
    let bench: NodeBench;
    try {
      bench = await openNodeBench("docker", { starts: makeConcurrencyLimit(PARALLEL) });
    } catch (error) {
      return { figures: [], skipped: error instanceof Error ? error.message : String(error) };
    }
    const figures: Figure[] = [];
    for (const [together, rounds] of SIZES) figures.push(...(await compare(bench, together, rounds)));
    await bench.close();
    figures.push(await thaw());
    return { figures };
  },
};

async function compare(bench: NodeBench, together: number, rounds: number): Promise<readonly Figure[]> {
  const alone: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < rounds; round++) {
    alone.push(await timed(() => engineAlone(bench, together, round)));
    await bench.clear();
    ours.push(await timed(() => wakeAll(bench, together)));
    await bench.clear();
  }
  const [engine, knap] = [median(alone), median(ours)];
  const goal =
    together === 1
      ? { goal: "≤ 15 ms over the engine", reached: knap - engine <= 15 }
      : { goal: "≤ 1.1 × the engine", reached: knap <= engine * 1.1 };
  return [
    { name: `engine alone, ${together} at once`, value: engine, unit: "ms" },
    { name: `knap's node, ${together} at once`, value: knap, unit: "ms", ...goal },
  ];
}

/** Create, start and first response of plain containers, with the node's parallelism. */
async function engineAlone(
  { runtime, image, labels, filter }: NodeBench,
  together: number,
  round: number,
): Promise<void> {
  const [network] = await runtime.networks.list(filter);
  const gate = makeConcurrencyLimit(PARALLEL);
  const wake = async (index: number): Promise<void> => {
    const id = await gate(async () => {
      const made = await runtime.create({
        name: `bare-${labels["knap.dev/test"]}-${together}-${round}-${index}`,
        image,
        env: [["PORT", "8080"]],
        labels,
        ...(network && { network: { id: network.id } }),
        ports: [8080],
      });
      await runtime.start(made);
      return made;
    });
    const address = (await runtime.inspect(id))?.addresses[8080];
    if (!address) throw new Error("no address");
    await untilAnswered(address);
  };
  await Promise.all(Array.from({ length: together }, (_, index) => wake(index)));
}

async function wakeAll(bench: NodeBench, together: number): Promise<void> {
  const names = Array.from({ length: together }, () => bench.pod().metadata.name);
  await Promise.all(names.map((name) => untilServing(bench, name)));
}

/** Freezes a pod, then measures the next pod of the same Deployment until its first 200. */
async function thaw(): Promise<Figure> {
  const bench = await openNodeBench("docker", { wake: "freeze" });
  const deployment = bench.deployment("frozen");
  const times: number[] = [];
  for (let round = 0; round < 9; round++) {
    const metadata = { labels: { "pod-template-hash": "h" }, ownerReferences: [deployment] };
    let name = "";
    const took = await timed(async () => {
      name = bench.pod({}, {}, metadata).metadata.name;
      await untilServing(bench, name);
    });
    if (round > 0) times.push(took);
    bench.remove(name);
    await bench.gone(name);
  }
  await bench.close();
  const value = median(times);
  return { name: "thaw until the first 200", value, unit: "ms", goal: "≤ 25 ms", reached: value <= 25 };
}

async function untilServing(bench: NodeBench, name: string): Promise<void> {
  // The queue-proxy opens together with the port; the activator would then send the first request.
  for (;;) {
    const address = bench.addressOf(name);
    if (address) return untilAnswered(address);
    await pause();
  }
}

async function untilAnswered(address: { readonly host: string; readonly port: number }): Promise<void> {
  while (!(await answers(address))) await pause();
}

function answers(address: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = request({ ...address, path: "/", agent: false }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode === 200));
    });
    ask.once("error", () => resolve(false));
    ask.end();
  });
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, EVERY_MS));

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
