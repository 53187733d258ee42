// Runs a session in a separate process with the bundled code, and reports processor time, memory and longest pauses
// over IPC.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { silentLogger } from "../../../src/base/logger.ts";
import { startEmulator } from "../../../src/emulator/emulator.ts";

/** Figures since the previous report. */
export interface SessionReport {
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly longestPauseMs: number;
}

const [folder = "", app = ""] = process.argv.slice(2);
const emulator = await startEmulator({
  runtime: "process",
  address: "127.0.0.1",
  port: 0,
  stopTimeoutMs: 1000,
  drain: "knap",
  clock: "real",
  wake: "cold",
  sessionId: "bench",
  sessionFolder: folder,
  hostId: "knap-bench",
  isSessionLive: () => true,
  configMaps: new Map([["config-autoscaler", { "allow-zero-initial-scale": "true" }]]),
  images: [],
  commands: {
    get: () => ({ command: [process.execPath, app], folder, env: {} }),
    has: () => true,
  } as never,
  log: silentLogger,
});
// It wakes a thousand times a second, so it ends before idleness is measured.
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let since = process.cpuUsage();
process.on("message", (message) => {
  if (message === "stop") {
    void emulator.stop("now").then(() => process.exit(0));
    return;
  }
  if (message === "idle") delay.disable();
  const { user, system } = process.cpuUsage(since);
  since = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const report: SessionReport = {
    cpuMs: (user + system) / 1000,
    rssMb: rss / 2 ** 20,
    heapMb: heapUsed / 2 ** 20,
    longestPauseMs: delay.max / 1e6,
  };
  delay.reset();
  process.send?.(report);
});
process.send?.({ api: emulator.api, ingress: emulator.ingress });
