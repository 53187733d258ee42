// Answers of a container engine that are incomplete.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDockerRuntime } from "../../../src/node/runtime/docker/docker-runtime.ts";

test("an answer of the engine that is cut in its body is an error of the call (11 A1)", async () => {
  const folder = mkdtempSync(join(tmpdir(), "knap-engine-"));
  const engine = createServer((request, response) => {
    if (request.url?.endsWith("/_ping")) return response.end("OK");
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    return response.write('{"Id": "', () => response.destroy());
  });
  const socket = join(folder, "engine.sock");
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  const runtime = await openDockerRuntime({ env: { DOCKER_HOST: `unix://${socket}` }, address: "published" });
  try {
    await expect(runtime.inspect("abc")).rejects.toMatchObject({ code: "unreachable" });
    await expect(runtime.networks.list("l")).rejects.toMatchObject({ code: "unreachable" });
  } finally {
    await runtime.close();
    engine.close();
    rmSync(folder, { recursive: true });
  }
});
