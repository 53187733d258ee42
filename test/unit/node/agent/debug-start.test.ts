// Tests how the debugger of an image is looked for. The runtime is a stand-in that records the container.
import { expect, test } from "vitest";
import { findDebugger } from "../../../../src/node/agent/debug-start.ts";
import type { ContainerSpec } from "../../../../src/node/runtime/runtime.ts";

test("a debugger is looked for in the folder and with the variables that the app has", async () => {
  const created: ContainerSpec[] = [];
  const runtime = {
    create: async (spec: ContainerSpec) => `${created.push(spec)}`,
    start: async () => {},
    wait: async () => ({ exitCode: 0 }),
    remove: async () => {},
  };
  const env = [
    { name: "PATH", value: "/app/.venv/bin:/bin" },
    { name: "TOKEN", valueFrom: {} },
    { name: "REFERENCE", value: "$(TOKEN)" },
  ];
  const app = { command: ["python", "main.py"], env: {}, container: { env }, image: "sha256:1", folder: "/app" };
  const wanted = { hasPort: false, host: "0.0.0.0", portOf: () => 5678, waits: false };
  const parts = { runtime, library: {}, labels: {}, prefix: "test", commands: new Map() } as never;
  expect(await findDebugger(parts, app, wanted)).toMatchObject({ ok: true, value: { debugger: "python" } });
  expect(created).toMatchObject([{ workingDir: "/app", env: [["PATH", "/app/.venv/bin:/bin"]], command: ["python"] }]);
});
