// Tests the endpoints of `knap debug` with debug sessions that the test controls.
import { beforeEach, expect, test } from "vitest";
import type { DebugState } from "../../../src/client/debug.ts";
import { makeDebugEndpoints } from "../../../src/knap-api/debug-endpoints.ts";
import { makeStore } from "../../support/store.ts";

let sessions: DebugState[];
let post: (body: object) => unknown;

beforeEach(() => {
  sessions = [];
  const store = makeStore();
  const spec = { containers: [{ image: "hello" }] };
  for (const [name, service] of [
    ["hello-00001", "hello"],
    ["hello-00002", "hello"],
    ["a", undefined],
    ["b", undefined],
  ] as const) {
    const labels = service === undefined ? {} : { "serving.knative.dev/service": service };
    const metadata = { name, namespace: "default", labels };
    store.create({ apiVersion: "serving.knative.dev/v1", kind: "Revision", metadata, spec } as never);
  }
  store.create({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "hello", namespace: "default" },
    spec: { template: { spec } },
  } as never);
  const hello = { kind: "Service.serving.knative.dev", namespace: "default", name: "hello" } as const;
  store.writeStatus(hello, { latestReadyRevisionName: "hello-00002" });
  const add = (revision: string, more: Partial<DebugState> = {}): DebugState => {
    const service = revision.startsWith("hello") ? "hello" : undefined;
    const where = { host: "127.0.0.1", port: 9229, containerPort: 9229 };
    const state = { namespace: "default", service, revision, debugger: "node", attached: 0, waits: false, ...where };
    sessions.push({ ...state, ...more } as DebugState);
    return sessions.at(-1) as DebugState;
  };
  const endpoints = makeDebugEndpoints({
    control: { store } as never,
    debug: {
      list: async () => sessions,
      find: async () => undefined,
      start: async ({ revision, kind, port = 9229 }) => {
        const isOther = kind === "other";
        const more = isOther ? { debugger: kind, port: port + 1, containerPort: port } : {};
        return { ok: true, value: add(revision.metadata.name, more) };
      },
      stop: (name) => {
        const before = sessions.length;
        sessions = sessions.filter(({ revision }) => `default/${revision}` !== name);
        return sessions.length < before;
      },
    },
  });
  post = (body) => endpoints["POST /debug"]?.({ body } as never);
});

test("two revisions without a Service are debugged each by itself", async () => {
  await post({ revision: "a" });
  expect(await post({ revision: "b" })).toMatchObject({ revision: "b", already: false });
  expect(await post({ revision: "a", off: true })).toEqual({ stopped: true });
  expect(sessions.map(({ revision }) => revision)).toEqual(["b"]);
});

test("--off with a Service ends the debugging of all its revisions, and with a revision only that one", async () => {
  for (const revision of ["hello-00001", "hello-00002"]) await post({ revision });
  expect(await post({ revision: "hello-00001", off: true })).toEqual({ stopped: true });
  expect(sessions).toHaveLength(1);
  await post({ revision: "hello-00001" });
  expect(await post({ service: "hello", off: true })).toEqual({ stopped: true });
  expect(sessions).toEqual([]);
  expect(await post({ service: "hello", off: true })).toEqual({ stopped: false });
});

test("the same command with the app's own port is no conflict, although debuggers attach at another port", async () => {
  const body = { revision: "a", kind: "other", port: 9000 };
  expect(await post(body)).toMatchObject({ port: 9001, already: false });
  expect(await post(body)).toMatchObject({ port: 9001, already: true });
  expect(await post({ ...body, port: 9001 })).toMatchObject({ refused: { reason: "Conflict" } });
});
