// `npm run bench [-- NAME…]`: runs the benchmarks one after the other and prints their figures as tables.
import type { Bench, Figure } from "./bench.ts";

/** Each bench is loaded only when it runs, because imports can start servers. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  ci: async () => (await import("./ci.ts")).ciBench,
  "many-services": async () => (await import("./many-services.ts")).manyServicesBench,
  proxy: async () => (await import("./proxy.ts")).proxyBench,
  "proxy-latency": async () => (await import("./proxy-latency.ts")).proxyLatencyBench,
  "proxy-memory": async () => (await import("./proxy-memory.ts")).proxyMemoryBench,
  save: async () => (await import("./save.ts")).saveBench,
  settle: async () => (await import("./settle.ts")).settleBench,
  nap: async () => (await import("./nap.ts")).napBench,
  wake: async () => (await import("./wake.ts")).wakeBench,
  simulate: async () => (await import("./simulate.ts")).simulateBench,
};

function row({ name, value, unit, goal, reached }: Figure): string {
  const number = Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
  const verdict = goal === undefined ? "" : `  ${reached ? "✓" : "✗"} ${goal}`;
  return `  ${name.padEnd(48)} ${number.padStart(12)} ${unit.padEnd(6)}${verdict}`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(", ")} (there are: ${Object.keys(benches).join(", ")})`);
  process.exit(2);
}
for (const [name, load] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const bench = await load();
  console.log(`\n${bench.name}`);
  const { figures, skipped } = await bench.run();
  for (const figure of figures) console.log(row(figure));
  if (skipped !== undefined) console.log(`  skipped: ${skipped}`);
}
process.exit(0);
