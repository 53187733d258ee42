// Runs real scripts of npm with the NODE_OPTIONS of `knap debug`.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { planDebugger } from "../../../src/node/agent/debugger-spec.ts";
import { freePort } from "../../../src/node/runtime/process/process-registry.ts";

const APP = `const { url } = require("node:inspector");
new (require("node:worker_threads").Worker)("console.log('worker')", { eval: true });
console.log("app", url()?.slice(0, url().lastIndexOf("/")));
`;
const LAUNCHER = `console.log("launcher", require("node:inspector").url());
require("node:child_process").spawnSync(process.execPath, process.argv.slice(2), { stdio: "inherit" });
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knap-options-"));
  writeFileSync(join(folder, "app.js"), APP);
  writeFileSync(join(folder, "nodemon"), LAUNCHER);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(["node app.js", "node ./nodemon app.js", "node ./nodemon --inspect=127.0.0.1:0 app.js"])(
  "the inspector opens in the app of the script %s, and in no launcher or worker",
  async (dev) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { dev } }));
    const port = await freePort(new Set());
    const planned = planDebugger({ command: ["npm", "run", "dev"], host: "127.0.0.1", port, waits: false });
    const added = planned.ok ? planned.value.env : {};
    const run = promisify(execFile)("npm", ["run", "--silent", "dev"], {
      cwd: folder,
      env: { ...process.env, ...added },
    });
    const { stdout } = await run;
    expect(stdout.split("\n")).toContain(`app ws://127.0.0.1:${port}`);
    expect(stdout).toContain("worker");
    if (dev.includes("nodemon")) expect(stdout).toContain("launcher undefined");
  },
);
