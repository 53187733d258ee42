// `npm run check`: everything that needs no engine, in the order in which it fails fastest. Stops at the first step that fails.
import { run } from "./run.mjs";

const FAST = ["architecture", "unit", "golden", "property", "simulation"];
const steps = [
  ["biome", "check", "."],
  ["tsc", "--noEmit"],
  ["vitest", "run", ...FAST.flatMap((project) => ["--project", project])],
];
for (const [command, ...args] of steps) {
  console.log(`\n▸ ${command} ${args.join(" ")}`);
  const code = await run(`node_modules/.bin/${command}`, args);
  if (code !== 0) process.exit(code);
}
