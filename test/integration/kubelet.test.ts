// Tests pods on a real engine and as processes: readiness, Kubernetes' reasons for failures, restarts, and stops.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { conditionOf, type NodeBench, openNodeBench, statusOf } from "../support/node-bench.ts";

const env = (variables: Readonly<Record<string, string>>) =>
  Object.entries(variables).map(([name, value]) => ({ name, value }));

describe.each(["docker", "process"] as const)("pods with runtime %s", (kind) => {
  let bench: NodeBench;
  beforeAll(async () => {
    bench = await openNodeBench(kind);
  });
  afterAll(() => bench.close());

  test("a pod becomes ready and answers, and leaves nothing when it is deleted", async () => {
    const { metadata } = bench.pod();
    const pod = await bench.ready(metadata.name);
    expect(pod.status).toMatchObject({ phase: "Running", hostIP: "10.0.0.1", qosClass: "Burstable" });
    expect(pod.status?.podIP).toMatch(kind === "docker" ? /^10\.213\./ : /^127\.0\.0\.1$/);
    expect(pod.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "PodReadyToStartContainers=True",
      "Initialized=True",
      "Ready=True",
      "ContainersReady=True",
      "PodScheduled=True",
    ]);
    expect(
      pod.status?.containerStatuses?.map(({ name, ready, restartCount }) => ({ name, ready, restartCount })),
    ).toEqual([
      { name: "queue-proxy", ready: true, restartCount: 0 },
      { name: "user-container", ready: true, restartCount: 0 },
    ]);
    expect((await bench.get(metadata.name, "/")).text).toBe("hello from rev\n");
    await eventually(() => expect(bench.now(metadata.name).metadata.annotations?.["knap.dev/wake"]).toMatch(/probeOk/));
    bench.remove(metadata.name);
    await bench.gone(metadata.name);
    expect((await bench.runtime.list(bench.filter)).length).toBe(0);
  });

  test("environment variables come from literals, ConfigMaps, Secrets and the pod itself", async () => {
    bench.store.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "conf", namespace: "default" },
      data: { COLOUR: "blue", SHAPE: "round" },
    } as never);
    bench.store.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "sec", namespace: "default" },
      stringData: { key: "s3cret" },
    } as never);
    const { metadata } = bench.pod({
      envFrom: [{ prefix: "C_", configMapRef: { name: "conf" } }, { secretRef: { name: "absent", optional: true } }],
      env: [
        { name: "SECRET", valueFrom: { secretKeyRef: { name: "sec", key: "key" } } },
        { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "JOINED", value: "$(C_COLOUR)-$(SECRET)-$$(C_COLOUR)-$(NOBODY)" },
      ],
    });
    await bench.ready(metadata.name);
    expect((await bench.get(metadata.name, "/env")).json()).toMatchObject({
      C_COLOUR: "blue",
      C_SHAPE: "round",
      SECRET: "s3cret",
      NAME: metadata.name,
      JOINED: "blue-s3cret-$(C_COLOUR)-$(NOBODY)",
      HOSTNAME: metadata.name,
      K_REVISION: "rev",
    });
    bench.remove(metadata.name);
  });

  test("a missing ConfigMap blocks the container until it exists", async () => {
    const { metadata } = bench.pod({ envFrom: [{ configMapRef: { name: "later" } }] });
    await eventually(() =>
      expect(statusOf(bench.now(metadata.name)).state).toEqual({
        waiting: { reason: "CreateContainerConfigError", message: 'configmap "later" not found' },
      }),
    );
    bench.store.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "later", namespace: "default" } });
    await bench.ready(metadata.name);
    bench.remove(metadata.name);
  });

  test("a container that exits restarts at once, then with back-off, and keeps its termination message", async () => {
    const { metadata } = bench.pod({ env: env({ EXIT_AT_START: "5", EXIT_MESSAGE: "no database" }) });
    await eventually(() => {
      const status = statusOf(bench.now(metadata.name));
      expect(status.restartCount).toBe(1);
      expect(status.state?.waiting?.reason).toBe("CrashLoopBackOff");
      expect(status.state?.waiting?.message).toMatch(/^back-off 10s restarting failed container=user-container pod=/);
      expect(status.lastState?.terminated).toMatchObject({
        exitCode: 5,
        reason: "Error",
        message: expect.stringContaining("no database"),
      });
    });
    expect(conditionOf(bench.now(metadata.name), "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
    });
    bench.remove(metadata.name);
    await bench.gone(metadata.name);
  });

  test("a container that the engine killed restarts in the same pod", async () => {
    const { metadata } = bench.pod();
    const before = await bench.ready(metadata.name);
    const [id] = bench.kubelet.containersOf(
      { kind: "Pod", namespace: "default", name: metadata.name },
      "user-container",
    );
    await bench.runtime.kill(id as string, "SIGKILL");
    await eventually(() => expect(statusOf(bench.now(metadata.name)).restartCount).toBe(1));
    const after = await bench.ready(metadata.name);
    expect(statusOf(after).lastState?.terminated).toMatchObject({ exitCode: 137 });
    expect(after.status?.podIP).toBe(before.status?.podIP);
    expect((await bench.get(metadata.name, "/")).status).toBe(200);
    bench.remove(metadata.name);
  });

  test("a failing liveness probe restarts the container", async () => {
    const { metadata } = bench.pod({
      livenessProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 1, failureThreshold: 1 },
    });
    await bench.ready(metadata.name);
    await bench.get(metadata.name, "/set?healthy=false");
    await eventually(() => expect(statusOf(bench.now(metadata.name)).restartCount).toBe(1));
    await bench.ready(metadata.name);
    expect(bench.events("Killing").map(({ message }) => message)).toContain(
      "Container user-container failed liveness probe, will be restarted",
    );
    bench.remove(metadata.name);
  });

  test("a container is not ready before its startup probe passes and its exec readiness probe succeeds", async () => {
    const script = (code: string) => [
      process.execPath.length > 0 && kind === "docker" ? "node" : process.execPath,
      "-e",
      code,
    ];
    const { metadata } = bench.pod({
      startupProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 1, failureThreshold: 10 },
      readinessProbe: { exec: { command: script("process.exit(0)") }, periodSeconds: 1, timeoutSeconds: 5 },
    });
    const pod = await bench.ready(metadata.name);
    expect(statusOf(pod)).toMatchObject({ started: true, ready: true });
    bench.remove(metadata.name);
  });

  test("the kubelet sends SIGTERM after the requests in flight end", async () => {
    const { metadata } = bench.pod();
    await bench.ready(metadata.name);
    const [id] = bench.kubelet.containersOf(
      { kind: "Pod", namespace: "default", name: metadata.name },
      "user-container",
    );
    bench.inFlight.plain = 1;
    bench.remove(metadata.name);
    await sleep(300);
    expect((await bench.runtime.inspect(id as string))?.status).toBe("running");
    bench.inFlight.plain = 0;
    await bench.gone(metadata.name);
    expect(bench.events("StopTimeout").filter((event) => event.involvedObject.name === metadata.name)).toEqual([]);
  });

  test("a container that ignores SIGTERM is killed after the stop timeout, and an Event says so", async () => {
    const { metadata } = bench.pod({ env: env({ IGNORE_TERM: "true" }) });
    await bench.ready(metadata.name);
    const began = performance.now();
    bench.remove(metadata.name);
    await bench.gone(metadata.name);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(bench.events("StopTimeout").map(({ message }) => message)).toContain(
      "did not stop on SIGTERM within 1 s; a cluster would keep it up to 30 s (process 1 without a signal handler?)",
    );
  });

  test("upgraded connections keep a container that ignores SIGTERM until its grace period ends", async () => {
    const { metadata } = bench.pod({ env: env({ IGNORE_TERM: "true" }) });
    await bench.ready(metadata.name);
    bench.inFlight.upgraded = 1;
    const began = performance.now();
    bench.remove(metadata.name, 2);
    await bench.gone(metadata.name);
    bench.inFlight.upgraded = 0;
    expect(performance.now() - began).toBeGreaterThan(1_800);
  });

  test("a forced delete leaves nothing running", async () => {
    const { metadata } = bench.pod({ env: env({ IGNORE_TERM: "true" }) });
    await bench.ready(metadata.name);
    bench.remove(metadata.name, 0);
    await eventually(async () => {
      const left = (await bench.runtime.list(bench.filter)).filter((one) =>
        one.labels["knap.dev/pod"]?.endsWith(metadata.name),
      );
      expect(left).toEqual([]);
    });
  });

  test("a pod deleted while it starts leaves nothing", async () => {
    const { metadata } = bench.pod();
    await sleep(kind === "docker" ? 60 : 1);
    bench.remove(metadata.name);
    await bench.gone(metadata.name);
    await bench.kubelet.idle();
  });

  test("a container that never listens is not ready, and an Event says so", async () => {
    const { metadata } = bench.pod({ env: env({ NEVER_LISTEN: "true" }) });
    const messages = () =>
      bench
        .events("Unhealthy")
        .filter(({ involvedObject }) => involvedObject.name === metadata.name)
        .map(({ message }) => message);
    await eventually(() =>
      expect(messages(), JSON.stringify(bench.now(metadata.name).status)).toContainEqual(
        expect.stringMatching(/^nothing listens on /),
      ),
    );
    expect(conditionOf(bench.now(metadata.name), "Ready")?.status).toBe("False");
    bench.remove(metadata.name);
  });
});

describe("the process runtime", () => {
  let bench: NodeBench;
  beforeAll(async () => {
    bench = await openNodeBench("process");
  });
  afterAll(() => bench.close());

  test("a process that listens on another port has the reason PortMismatch and a remedy", async () => {
    const { metadata } = bench.pod({ env: env({ LISTEN_PORT: "18099" }) });
    await eventually(() => {
      const waiting = statusOf(bench.now(metadata.name)).state?.waiting;
      expect(waiting?.reason).toBe("PortMismatch");
      expect(waiting?.message).toMatch(/^listens on 18099, not on PORT=\d+; use PORT or Docker$/);
    });
    bench.remove(metadata.name);
  });

  test("the pod's environment overrides the Dockerfile's", async () => {
    const { metadata } = bench.pod();
    await bench.ready(metadata.name);
    expect((await bench.get(metadata.name, "/env")).json()).toMatchObject({
      BELOW: "yes",
      KNAP_SESSION: "test",
      KNAP_POD: `default/${metadata.name}`,
    });
    bench.remove(metadata.name);
  });
});
