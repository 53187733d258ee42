// Measures 90 s of idle virtual time: in the simulator, and in a session with real processes.
import { simulate } from "../../src/simulator/simulation.ts";
import { openSession } from "../support/session.ts";
import { type Bench, median } from "./bench.ts";
import { makePaperService, timed } from "./paper-services.ts";

const NAP_MS = 90_000;
const ROUNDS = 5;
const GOAL_MS = 1000;

/** Milliseconds until the Service is at zero, including the stop of its process. */
async function measureSession(): Promise<readonly number[]> {
  const session = await openSession("process", { clock: "virtual", configMaps: new Map() });
  try {
    await session.deploy("napper");
    await session.ready("napper");
    const naps: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await session.fetch("napper");
      const since = performance.now();
      await session.emulator.client.knap("POST", "/clock/advance", { ms: NAP_MS });
      naps.push(performance.now() - since);
      if ((await session.pods("napper")).length > 0) throw new Error("the Service did not nap");
    }
    return naps;
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

export const napBench: Bench = {
  name: "a nap of 90 virtual seconds",
  run: async () => {
    const load = { kind: "arrivals", arrivals: [{ atMs: 0, durationMs: 100 }] } as const;
    const simulated = timed(() => void simulate({ objects: [makePaperService("hello")], load: load }));
    const value = median(await measureSession());
    return {
      figures: [
        { name: "simulated, until it is at zero", value: simulated, unit: "ms" },
        { name: "a session with processes", value, unit: "ms", goal: "< 1 s", reached: value < GOAL_MS },
      ],
    };
  },
};
