// Tests the conversion of errors of the engine to runtime errors.
import { describe, expect, test } from "vitest";
import { fixForNoEngine, toRuntimeError } from "../../../../../src/node/runtime/docker/engine-error.ts";

describe("engine errors", () => {
  const code = (failure: unknown) => toRuntimeError(failure, "trying").code;
  const http = (statusCode: number, message: string) => ({
    statusCode,
    message: `(HTTP code ${statusCode}) unexpected - ${message} `,
    json: { message },
  });

  test.each([
    [{ code: "ENOENT" }, "unreachable"],
    [{ code: "ECONNREFUSED" }, "unreachable"],
    [{ code: "EACCES" }, "unreachable"],
    [http(404, "No such container: abc"), "not-found"],
    [http(404, "No such image: x:1"), "no-image"],
    [http(404, "manifest for x:9 not found: manifest unknown: manifest unknown"), "no-image"],
    [http(404, "pull access denied for x, repository does not exist or may require 'docker login'"), "denied"],
    [http(500, "Get https://r/v2/: unauthorized: authentication required"), "denied"],
    [http(500, "no matching manifest for linux/arm64/v8 in the manifest list entries"), "platform"],
    [http(500, "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated"), "address-in-use"],
    [http(500, "write /x: no space left on device"), "no-space"],
    [http(400, "invalid reference format"), "bad-image"],
    [http(400, 'OCI runtime create failed: exec: "/nope": stat /nope: no such file or directory'), "invalid"],
    [http(409, "Conflict. The container name is already in use"), "conflict"],
    [http(500, "something else"), "failed"],
    [new Error("unknown"), "failed"],
  ] as const)("%j have the code %s", (failure, expected) => {
    expect(code(failure)).toBe(expected);
  });

  test("a runtime error has a message with the call and the text of the engine", () => {
    expect(toRuntimeError(http(500, "something else"), "starting a container").message).toBe(
      "starting a container: something else",
    );
  });

  test("the message has a remedy only for a full disk; the remedy for an unreachable engine is separate", () => {
    const error = (code: string) => toRuntimeError({ code }, "engine at /x.sock");
    expect(error("ENOENT").message).toBe("engine at /x.sock: no engine listens there (ENOENT)");
    expect(fixForNoEngine(error("ENOENT"))).toMatch(/^start Docker.*--runtime process$/);
    expect(fixForNoEngine(error("EACCES"))).toMatch(/^add yourself to the group docker.*--runtime process$/);
    expect(
      toRuntimeError(http(500, "write /d/1a2b/link: no space left on device"), "creating container a").message,
    ).toBe(
      "creating container a: write: no space left on device; the container engine's disk is full: make room, for instance with `docker system prune`",
    );
  });
});
