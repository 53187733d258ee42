#!/usr/bin/env node
// Entry point of the `knap` command. With `--version` alone, the command tree is not loaded.
import * as nodeModule from "node:module";
import { knapVersion } from "./version.ts";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.stdout.write(`${knapVersion}\n`);
} else {
  // Node 22.1 and newer cache compiled code between runs; Node 20 does not have this function.
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
  const { runCli } = await import("./run-cli.ts");
  process.exit(await runCli(args));
}
