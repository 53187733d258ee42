// Reads the load trace that a flag names.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type LoadTrace, parseLoadTrace } from "../../load/load-trace.ts";
import { CliError, usageError } from "../cli-error.ts";

export async function readTrace(flag: string, path: string, cwd: string): Promise<LoadTrace> {
  const text = await readFile(resolve(cwd, path), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw usageError(`${flag}: ${path} cannot be read: ${error.code === "ENOENT" ? "no such file" : error.message}`);
  });
  const trace = parseLoadTrace(text);
  if (!("problems" in trace)) return trace;
  const why = trace.problems.map(({ line, message }) => `${path}:${line}: ${message}`).join("\n");
  const fix = "write lines of time,requests per second,duration such as 0,10,200ms";
  throw new CliError({ code: "USAGE", what: "the load trace cannot be used", why, fix });
}
