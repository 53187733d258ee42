// Tests pods of real containers: images, memory limits, users, several containers and init containers in one pod.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { conditionOf, type NodeBench, openNodeBench, statusOf } from "../support/node-bench.ts";

const env = (variables: Readonly<Record<string, string>>) =>
  Object.entries(variables).map(([name, value]) => ({ name, value }));

describe("containers", () => {
  let bench: NodeBench;
  beforeAll(async () => {
    bench = await openNodeBench("docker");
  });
  afterAll(() => bench.close());

  test("a missing image has the reason ErrImagePull, then ImagePullBackOff", async () => {
    const { metadata } = bench.pod({ image: "127.0.0.1:1/no/such:1" });
    const waiting = () => statusOf(bench.now(metadata.name)).state?.waiting;
    await eventually(() => expect(waiting()?.reason).toBe("ErrImagePull"));
    await eventually(() => expect(waiting()?.reason).toBe("ImagePullBackOff"));
    expect(waiting()?.message).toContain('Back-off pulling image "127.0.0.1:1/no/such:1": ErrImagePull: ');
    bench.remove(metadata.name);
  });

  test("a command that is not in the image fails with StartError and exit code 128", async () => {
    const { metadata } = bench.pod({ command: ["/no/such"] });
    await eventually(() =>
      expect(statusOf(bench.now(metadata.name)).lastState?.terminated).toMatchObject({
        exitCode: 128,
        reason: "StartError",
        message: expect.stringContaining("/no/such"),
      }),
    );
    bench.remove(metadata.name);
  });

  test("an app that listens on loopback only has the reason LoopbackOnly and a remedy", async () => {
    const { metadata } = bench.pod({ env: env({ LISTEN_HOST: "127.0.0.1" }) });
    await eventually(() =>
      expect(statusOf(bench.now(metadata.name)).state?.waiting).toEqual({
        reason: "LoopbackOnly",
        message: "listens on 127.0.0.1:8080 only: works in a cluster; here bind 0.0.0.0, or use --runtime process",
      }),
    );
    bench.remove(metadata.name);
  });

  test("a pod with limits above the machine's runs with the machine's limits, and one Event says so (11 B2)", async () => {
    const big = { cpu: "8000", memory: "64Ti" };
    for (const limits of [big, big, { memory: "1Gi", cpu: "1e30" }]) {
      const labels = { "serving.knative.dev/service": "big" };
      const { metadata } = bench.pod({ resources: { limits } }, {}, { labels });
      await bench.ready(metadata.name);
      bench.remove(metadata.name);
    }
    // Events are listed by name, which is random.
    const reduced = bench.events("LimitReduced").map(({ message, count }) => `${count} ${message}`);
    expect(reduced).toHaveLength(3);
    expect(reduced).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^1 .*asks for more than this machine has \(cpu limit 8000: has \d+\); it runs with what there is/,
        ),
        expect.stringMatching(/^1 .*\(memory limit 64Ti: has \d+Mi\)/),
        expect.stringContaining("cpu limit 1e30"),
      ]),
    );
  });

  test("a container over its memory limit is OOMKilled and restarts in the same pod", async () => {
    const { metadata } = bench.pod({ resources: { limits: { memory: "128Mi", cpu: "1" } } });
    await bench.ready(metadata.name);
    await bench.get(metadata.name, "/allocate?mb=300").catch(() => {});
    await eventually(() =>
      expect(statusOf(bench.now(metadata.name)).lastState?.terminated).toMatchObject({
        reason: "OOMKilled",
        exitCode: 137,
      }),
    );
    await bench.ready(metadata.name);
    expect(statusOf(bench.now(metadata.name)).restartCount).toBe(1);
    expect((await bench.get(metadata.name, "/")).status).toBe(200);
    bench.remove(metadata.name);
  });

  test("the container gets the user, groups, read-only root and capabilities of the pod spec", async () => {
    const { metadata } = bench.pod(
      {
        securityContext: {
          runAsUser: 2020,
          runAsGroup: 3030,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
          allowPrivilegeEscalation: false,
        },
        resources: { requests: { cpu: "125m" }, limits: { cpu: "1", memory: "128Mi" } },
      },
      { securityContext: { supplementalGroups: [4040] } },
    );
    await bench.ready(metadata.name);
    expect((await bench.get(metadata.name, "/whoami")).json()).toMatchObject({
      uid: 2020,
      gid: 3030,
      groups: expect.arrayContaining([4040]),
    });
    expect((await bench.get(metadata.name, "/write?path=/x&text=no")).status).toBe(500);
    const limits = await bench.get(metadata.name, "/file?path=/proc/self/status");
    expect(limits.text).toMatch(/NoNewPrivs:\s+1/);
    expect(limits.text).toMatch(/CapEff:\s+0000000000000000/);
    bench.remove(metadata.name);
  });

  test("runAsNonRoot refuses an image that runs as root", async () => {
    const { metadata } = bench.pod({ securityContext: { runAsNonRoot: true } });
    await eventually(() =>
      expect(statusOf(bench.now(metadata.name)).state?.waiting).toMatchObject({
        reason: "CreateContainerConfigError",
        message: expect.stringContaining("container has runAsNonRoot and image will run as root"),
      }),
    );
    bench.remove(metadata.name);
  });

  test("several containers share a network and restart alone; init containers run first, in order", async () => {
    const init = (name: string, script: string) => ({ name, image: bench.image, command: ["sh", "-c", script] });
    const { metadata } = bench.pod(
      {},
      {
        initContainers: [init("one", "exit 0"), init("two", "exit 0")],
        containers: [
          {
            name: "side",
            image: bench.image,
            env: env({ LISTEN_PORT: "9090", LISTEN_HOST: "127.0.0.1" }),
            terminationMessagePolicy: "FallbackToLogsOnError",
          },
        ],
      },
    );
    const pod = await bench.ready(metadata.name);
    expect(pod.status?.initContainerStatuses?.map(({ name, state }) => [name, state?.terminated?.reason])).toEqual([
      ["one", "Completed"],
      ["two", "Completed"],
    ]);
    // Readiness does not depend on a container that does not serve.
    await eventually(async () => {
      const side = await bench.get(metadata.name, `/fetch?url=${encodeURIComponent("http://127.0.0.1:9090/whoami")}`);
      expect(side.json()).toMatchObject({ status: 200, body: expect.stringContaining(metadata.name) });
    });
    const [id] = bench.kubelet.containersOf({ kind: "Pod", namespace: "default", name: metadata.name }, "side");
    await bench.runtime.kill(id as string, "SIGKILL");
    await eventually(() => expect(statusOf(bench.now(metadata.name), "side").restartCount).toBe(1));
    const after = await bench.ready(metadata.name);
    expect(statusOf(after).restartCount).toBe(0);
    expect(statusOf(after).containerID).toBe(statusOf(pod).containerID);
    bench.remove(metadata.name);
    await bench.gone(metadata.name);
  });

  test("an init container that fails restarts while the others wait", async () => {
    const { metadata } = bench.pod(
      {},
      { initContainers: [{ name: "broken", image: bench.image, command: ["sh", "-c", "exit 3"] }], containers: [] },
    );
    await eventually(() =>
      expect(statusOf(bench.now(metadata.name), "broken").lastState?.terminated?.exitCode).toBe(3),
    );
    const pod = bench.now(metadata.name);
    expect(pod.status?.phase).toBe("Pending");
    expect(conditionOf(pod, "Initialized")).toMatchObject({
      status: "False",
      message: "containers with incomplete status: [broken]",
    });
    expect(statusOf(pod).state?.waiting?.reason).toBe("PodInitializing");
    bench.remove(metadata.name);
  });
});

describe("published ports", () => {
  let bench: NodeBench;
  beforeAll(async () => {
    bench = await openNodeBench("docker", { engine: { address: "published" } });
  });
  afterAll(() => bench.close());

  test("requests and probes reach a pod on a loopback port of this machine", async () => {
    const { metadata } = bench.pod({
      livenessProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 1 },
    });
    await bench.ready(metadata.name);
    expect((await bench.get(metadata.name, "/")).status).toBe(200);
    const [id] = bench.kubelet.containersOf(
      { kind: "Pod", namespace: "default", name: metadata.name },
      "user-container",
    );
    expect((await bench.runtime.inspect(id as string))?.addresses[8080]?.host).toBe("127.0.0.1");
    bench.remove(metadata.name);
  });

  test("a connection that the engine's relay accepts does not count as the app listening", async () => {
    const { metadata } = bench.pod({ env: env({ NEVER_LISTEN: "true" }) });
    await eventually(() =>
      expect(bench.events("Unhealthy").map(({ message }) => message)).toContain("nothing listens on port 8080 yet"),
    );
    expect(conditionOf(bench.now(metadata.name), "Ready")?.status).toBe("False");
    bench.remove(metadata.name);
  });

  test("the kubelet pulls an image again that was removed while no pod ran", async () => {
    const image = `knap-test/passing:${bench.labels["knap.dev/test"]}`;
    await bench.runtime.images.tag(bench.image, image);
    const first = bench.pod({ image }).metadata.name;
    await bench.ready(first);
    bench.remove(first);
    await bench.gone(first);
    await bench.runtime.images.remove(image);
    const second = bench.pod({ image }).metadata.name;
    await eventually(() =>
      expect(statusOf(bench.now(second)).state?.waiting?.reason).toMatch(/^ErrImagePull$|^ImagePullBackOff$/),
    );
    bench.remove(second);
  });
});
