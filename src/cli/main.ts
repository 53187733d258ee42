#!/usr/bin/env node
// The door of the `knap` command. It loads the command tree only when asked for more than the version.
import * as nodeModule from "node:module";
import { version } from "./version.ts";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.stdout.write(`${version}\n`);
} else {
  // Node 22.1 and newer keep compiled code between runs; Node 20 does not know how.
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
  const { runCli } = await import("./run-cli.ts");
  process.exit(await runCli(args));
}
