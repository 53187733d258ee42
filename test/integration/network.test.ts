// Tests what a container reaches by name, with both gateway modes: Services of the session (also at zero), the public
// ingress, and this machine.
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clearFaults, injectFault } from "../../src/client/faults.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { openTestEngine } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { ask, openSession, type TestSession } from "../support/session.ts";

const CLUSTER_LOCAL = { "networking.knative.dev/visibility": "cluster-local" };
const MIN_SCALE_ONE = { "autoscaling.knative.dev/min-scale": "1" };

/** A script for the calling container: sends a GET request with the given Host. */
const getScript = (host: string, port: number, path: string, headers: object) => `
  require("node:http").get({ host: ${JSON.stringify(host)}, port: ${port}, path: ${JSON.stringify(path)}, headers: ${JSON.stringify(headers)} }, (reply) => {
    let text = ""; reply.on("data", (chunk) => { text += chunk; });
    reply.on("end", () => console.log(JSON.stringify({ status: reply.statusCode, text })));
  }).on("error", (error) => console.log(JSON.stringify({ error: error.code })));`;

const h2cScript = (url: string) => `
  const session = require("node:http2").connect(${JSON.stringify(url)});
  const stream = session.request({ ":path": "/" });
  let status, text = "";
  stream.on("response", (headers) => { status = headers[":status"]; });
  stream.on("data", (chunk) => { text += chunk; });
  stream.on("end", () => { session.close(); console.log(JSON.stringify({ status, text })); });`;

const lookupScript = (name: string, family: 4 | 6 = 4) => `
  require("node:dns").lookup(${JSON.stringify(name)}, { family: ${family} }, (error, address) =>
    console.log(JSON.stringify(error ? { error: error.code } : { address })));`;

/** A script for the calling container: sends one DNS query to the resolver, without the system's lookup. */
const dnsQueryScript = (name: string, type: "A" | "AAAA") => `
  const resolver = new (require("node:dns").promises.Resolver)({ timeout: 4000, tries: 1 });
  const started = Date.now();
  resolver.resolve(${JSON.stringify(name)}, ${JSON.stringify(type)}).then(
    (addresses) => console.log(JSON.stringify({ addresses })),
    (error) => console.log(JSON.stringify({ error: error.code, quick: Date.now() - started < 3500 })));`;

describe.each(["host", "container"] as const)("containers call each other through a gateway in a %s", (mode) => {
  let session: TestSession;
  let engine: ContainerRuntime;
  let caller: string;
  const sessionId = `tnet${mode}`;

  /** Runs a script with Node in the calling container and returns its output as JSON. */
  const runInCaller = async (script: string): Promise<Record<string, unknown>> => {
    const { output } = await engine.exec(caller, ["/usr/local/bin/node", "-e", script], { timeoutMs: 40_000 });
    return JSON.parse(output) as Record<string, unknown>;
  };
  const gatewayContainers = async (): Promise<readonly string[]> => {
    const containers = await engine.list(`knap.dev/session=${sessionId}`);
    return containers
      .filter(({ name, status }) => name.endsWith("_gateway") && status === "running")
      .map(({ id }) => id);
  };
  const waitForNoPods = (name: string) => eventually(async () => expect(await session.pods(name)).toEqual([]), 30_000);

  beforeAll(async () => {
    const { buildGateway } = await import(new URL("../../scripts/build.mjs", import.meta.url).href);
    await buildGateway();
    process.env["KNAP_GATEWAY"] = mode;
    engine = await openTestEngine();
    session = await openSession("docker", { sessionId });
    delete process.env["KNAP_GATEWAY"];
    expect(session.emulator.notices).toEqual([]);
    await session.deploy("caller", { annotations: MIN_SCALE_ONE });
    await session.deploy("other");
    await session.apply({
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata: { name: "hidden", namespace: "default", labels: CLUSTER_LOCAL },
      spec: {
        template: { spec: { containers: [{ image: session.image }] } },
        traffic: [{ latestRevision: true, percent: 100, tag: "next" }],
      },
    } as never);
    await Promise.all(["caller", "other", "hidden"].map((name) => session.ready(name)));
    const [pod] = await session.pods("caller");
    const [container] = await engine.list(`knap.dev/pod=default/${pod?.metadata.name}`);
    caller = container?.id ?? "";
  });
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]();
    await engine?.close();
  });

  test.each(["other.default", "other.default.svc", "other.default.svc.cluster.local"])(
    "a request of a container to http://%s wakes the Service",
    async (host) => {
      await waitForNoPods("other");
      expect(await runInCaller(getScript(host, 80, "/", {}))).toEqual({
        status: 200,
        text: "hello from other-00001\n",
      });
    },
  );

  test("the called Service sees the Host of the request and the caller's address", async () => {
    const { text } = await runInCaller(getScript("other.default", 80, "/echo", {}));
    const { headers } = JSON.parse(text as string) as { headers: string[] };
    const value = (name: string) => headers[headers.findIndex((each) => each.toLowerCase() === name) + 1];
    const [pod] = await session.pods("caller");
    expect(value("host")).toBe("other.default");
    expect(value("x-forwarded-for")?.split(",")[0]).toBe(
      (pod?.status as { podIP?: string } | undefined)?.podIP ?? "none",
    );
  });

  test("a container can call a Service over HTTP/2 without TLS", async () => {
    await waitForNoPods("other");
    expect(await runInCaller(h2cScript("http://other.default"))).toEqual({
      status: 200,
      text: "hello from other-00001\n",
    });
  });

  test("a name without namespace resolves, but gets 404 because no route has it", async () => {
    expect(await runInCaller(getScript("other", 80, "/", {}))).toEqual({ status: 404, text: "" });
  });

  test("cluster-local Services and tags answer containers, and get 404 from outside", async () => {
    for (const host of ["hidden.default", "next-hidden.default", "next-hidden.default.svc.cluster.local"]) {
      expect(await runInCaller(getScript(host, 80, "/", {}))).toEqual({
        status: 200,
        text: "hello from hidden-00001\n",
      });
    }
    const { ingress } = session.emulator;
    for (const host of ["hidden.default", "hidden.default.svc.cluster.local", "other.default.svc.cluster.local"]) {
      expect(await ask({ ...ingress, path: "/", headers: { host } })).toEqual({ status: 404, text: "" });
    }
  });

  test("the Service of a revision reaches that revision, also at zero, and gets 404 from outside", async () => {
    const host = "other-00001.default.svc.cluster.local";
    await waitForNoPods("other");
    expect(await runInCaller(getScript(host, 80, "/", {}))).toEqual({ status: 200, text: "hello from other-00001\n" });
    expect(await runInCaller(getScript("other-00001.default", 80, "/", {}))).toMatchObject({ status: 404 });
    expect(await ask({ ...session.emulator.ingress, path: "/", headers: { host } })).toMatchObject({ status: 404 });
  });

  test("a Service's URL and the name of this machine reach the public ingress", async () => {
    const { port } = session.emulator.ingress;
    const expected = { status: 200, text: "hello from other-00001\n" };
    expect(await runInCaller(getScript("other.default.localhost", port, "/", {}))).toEqual(expected);
    expect(await runInCaller(getScript("other.default.localhost", 80, "/", {}))).toEqual(expected);
    const host = "other.default.localhost";
    expect(await runInCaller(getScript("host.docker.internal", port, "/", { host }))).toEqual(expected);
    const local = { host: "other.default.svc.cluster.local" };
    expect(await runInCaller(getScript("host.docker.internal", port, "/", local))).toEqual({ status: 404, text: "" });
  });

  test("host.docker.internal reaches a server on this machine", async () => {
    const { address } = await runInCaller(lookupScript("host.docker.internal"));
    const server = createServer((_, response) => response.end("the developer's machine"));
    await new Promise<void>((resolve) => server.listen(0, address as string, resolve));
    const { port } = server.address() as { port: number };
    try {
      expect(await runInCaller(getScript("host.docker.internal", port, "/", {}))).toEqual({
        status: 200,
        text: "the developer's machine",
      });
    } finally {
      server.close();
    }
  });

  test("an injected DNS failure of a container's Service reaches that container through the gateway", async () => {
    const { client } = session.emulator;
    const lookup = () => runInCaller(lookupScript("other.default"));
    const { id } = await injectFault(client, { kind: "dns-failure", service: "caller", host: "other.default" });
    expect(await lookup()).toEqual({ error: "EAI_AGAIN" });
    await clearFaults(client, { id });
    expect(await lookup()).toEqual({ address: expect.stringMatching(/^10\.213\./) });
  });

  test("names of existing Services have only an IPv4 address; unknown and deleted ones get NXDOMAIN", async () => {
    const found = await runInCaller(dnsQueryScript("other.default.svc.cluster.local", "A"));
    expect(found).toEqual({ addresses: [expect.stringMatching(/^10\.213\.\d+\.\d+$/)] });
    expect(await runInCaller(dnsQueryScript("other-00001.default.svc.cluster.local", "A"))).toEqual(found);
    expect(await runInCaller(dnsQueryScript("other.default.svc.cluster.local", "AAAA"))).toMatchObject({
      error: "ENODATA",
    });
    expect(await runInCaller(dnsQueryScript("nobody.default.svc.cluster.local", "A"))).toMatchObject({
      error: "ENOTFOUND",
    });
    expect(await runInCaller(dnsQueryScript("other.elsewhere.svc.cluster.local", "A"))).toMatchObject({
      error: "ENOTFOUND",
    });
    await session.deploy("brief");
    await eventually(async () =>
      expect(await runInCaller(dnsQueryScript("brief.default.svc.cluster.local", "A"))).toEqual(found),
    );
    await session.emulator.client.delete({
      kind: "Service.serving.knative.dev",
      namespace: "default",
      name: "brief",
    });
    await eventually(async () =>
      expect(await runInCaller(dnsQueryScript("brief.default.svc.cluster.local", "A"))).toMatchObject({
        error: "ENOTFOUND",
      }),
    );
  });

  test("queries for other names go to this machine's resolvers, and fail in time if none replies", async () => {
    const answer = await runInCaller(dnsQueryScript("example.com", "A"));
    expect("addresses" in answer || answer["quick"]).toBe(true);
  });

  test("a killed gateway container is restarted", async () => {
    if (mode === "host") return expect(await gatewayContainers()).toEqual([]);
    const [killed] = await gatewayContainers();
    await engine.kill(killed ?? "", "SIGKILL");
    await eventually(async () => expect(await gatewayContainers()).not.toEqual([killed]));
    await eventually(
      async () => expect(await runInCaller(getScript("other.default", 80, "/", {}))).toMatchObject({ status: 200 }),
      20_000,
    );
  });

  test("a container has the resolver settings of a cluster", async () => {
    const { text } = await runInCaller(getScript("127.0.0.1", 8080, "/file?path=/etc/resolv.conf", {}));
    expect(text).toContain("search default.svc.cluster.local svc.cluster.local cluster.local");
    expect(text).toMatch(/options .*ndots:5/);
  });
});

test("a pruned network is created again, and names and calls work as before", async () => {
  const sessionId = "tnetpruned";
  await using session = await openSession("docker", { sessionId });
  await using engine = await openEngine();
  await session.deploy("caller");
  await session.ready("caller");
  await eventually(async () => expect(await session.pods("caller")).toEqual([]), 30_000);
  const networks = () => engine.networks.list(`knap.dev/session=${sessionId}`);
  const [pruned] = await networks();
  await eventually(() => engine.networks.close(pruned?.id ?? ""), 20_000);
  const url = encodeURIComponent("http://caller.default/whoami");
  const { text } = await eventually(async () => {
    const answer = await session.fetch("caller", `/fetch?url=${url}`);
    expect(answer.status).toBe(200);
    return answer;
  }, 30_000);
  expect(JSON.parse(text)).toMatchObject({ status: 200 });
  const [renewed] = await networks();
  expect(renewed?.id).not.toBe(pruned?.id);
});

async function openEngine(): Promise<ContainerRuntime & AsyncDisposable> {
  const engine = await openTestEngine();
  return { ...engine, [Symbol.asyncDispose]: () => engine.close() };
}
