// Tests where knap looks for the engine.
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../../../../src/base/hash.ts";
import { type EngineSearch, findEngines } from "../../../../../src/node/runtime/docker/endpoint.ts";

const around = (
  env: EngineSearch["env"],
  files: Readonly<Record<string, string>> = {},
  platform: NodeJS.Platform = "linux",
): EngineSearch => ({
  env,
  home: "/home/me",
  platform,
  readFile: (path) => files[path],
  exists: (path) => path in files,
});
const context = (name: string, meta: unknown, tls: Readonly<Record<string, string>> = {}) => {
  const id = sha256Hex(name);
  const at = "/home/me/.docker/contexts";
  return {
    "/home/me/.docker/config.json": JSON.stringify({ currentContext: name }),
    [`${at}/meta/${id}/meta.json`]: JSON.stringify(meta),
    ...Object.fromEntries(Object.entries(tls).map(([file, text]) => [`${at}/tls/${id}/docker/${file}`, text])),
  };
};

describe("the search for the engine", () => {
  test("DOCKER_HOST takes precedence over contexts and sockets", () => {
    const files = {
      ...context("colima", { Endpoints: { docker: { Host: "unix:///c.sock" } } }),
      "/var/run/docker.sock": "",
    };
    expect(findEngines(around({ DOCKER_HOST: "unix:///x.sock" }, files))).toEqual({
      candidates: [{ kind: "socket", path: "/x.sock", from: "DOCKER_HOST" }],
    });
  });

  test("a tcp endpoint has Docker's default ports, and TLS files if the environment requests TLS", () => {
    expect(findEngines(around({ DOCKER_HOST: "tcp://engine" }))).toEqual({
      candidates: [{ kind: "tcp", host: "engine", port: 2375, from: "DOCKER_HOST" }],
    });
    const env = { DOCKER_HOST: "tcp://engine:9999", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" };
    expect(findEngines(around(env, { "/certs/ca.pem": "CA", "/certs/cert.pem": "C", "/certs/key.pem": "K" }))).toEqual({
      candidates: [
        {
          kind: "tcp",
          host: "engine",
          port: 9999,
          tls: { ca: "CA", cert: "C", key: "K", verify: true },
          from: "DOCKER_HOST",
        },
      ],
    });
  });

  test("the current context is used with its TLS files", () => {
    const files = context(
      "remote",
      { Endpoints: { docker: { Host: "tcp://10.0.0.9:2376", SkipTLSVerify: true } } },
      { "ca.pem": "CA" },
    );
    expect(findEngines(around({}, files))).toEqual({
      candidates: [
        {
          kind: "tcp",
          host: "10.0.0.9",
          port: 2376,
          tls: { ca: "CA", verify: false },
          from: 'docker context "remote"',
        },
      ],
    });
  });

  test("a context that does not exist is refused", () => {
    const { refused } = findEngines(around({ DOCKER_CONTEXT: "gone" }, { "/var/run/docker.sock": "" })) as {
      refused: string;
    };
    expect(refused).toContain('docker context "gone"');
  });

  test("an ssh endpoint is refused with the reason", () => {
    const { refused } = findEngines(around({ DOCKER_HOST: "ssh://me@build" })) as { refused: string };
    expect(refused).toContain("publishes its ports on the other machine");
  });

  test("existing sockets are tried in order, and the default socket if there is none", () => {
    const files = { "/home/me/.docker/run/docker.sock": "", "/run/user/1/podman/podman.sock": "" };
    const paths = (found: ReturnType<typeof findEngines>) =>
      found.candidates?.map((one) => one.kind === "socket" && one.path);
    expect(paths(findEngines(around({ XDG_RUNTIME_DIR: "/run/user/1" }, files)))).toEqual(Object.keys(files));
    expect(paths(findEngines(around({})))).toEqual(["/var/run/docker.sock"]);
    expect(paths(findEngines(around({}, {}, "win32")))).toEqual(["//./pipe/docker_engine"]);
  });

  test("the context 'default' means the usual sockets", () => {
    expect(findEngines(around({ DOCKER_CONTEXT: "default" })).candidates?.length).toBe(1);
  });
});
