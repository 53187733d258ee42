// Tests the conversion of a Pod with its ConfigMaps and Secrets to the spec for the runtime.

import { describe, expect, test } from "vitest";
import type { StoredPod } from "../../../../../src/apis/core/pod.ts";
import { servingPort } from "../../../../../src/apis/core/pod.ts";
import type { Container } from "../../../../../src/apis/core/pod-spec.ts";
import type { ConfigMap, Secret } from "../../../../../src/apis/core/types.ts";
import {
  type ContainerInputs,
  dialledPorts,
  hostnameOf,
  renderContainer,
} from "../../../../../src/node/kubelet/spec/container-spec.ts";
import { expandVariables } from "../../../../../src/node/kubelet/spec/environment-spec.ts";
import { qosClass } from "../../../../../src/node/kubelet/spec/qos-spec.ts";

const podOf = (container: Partial<Container>, spec: Partial<StoredPod["spec"]> = {}): StoredPod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "hello-00001-x",
    namespace: "shop",
    uid: "u-1",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { app: "hello", tier: "web" },
    annotations: { "example.com/a": "b" },
  },
  spec: { serviceAccountName: "builder", ...spec, containers: [{ name: "web", image: "i", ...container }] },
});
const configMaps: Readonly<Record<string, ConfigMap["data"]>> = { conf: { B: "2", A: "1" } };
const secrets: Readonly<Record<string, Secret["data"]>> = { sec: { key: Buffer.from("völlig").toString("base64") } };
const MACHINE_MEMORY = 8 * 2 ** 30;
const inputsOf = (pod: StoredPod, more: Partial<ContainerInputs> = {}): ContainerInputs => ({
  pod,
  container: pod.spec.containers[0] as Container,
  restarts: 2,
  image: { reference: "img", user: "" },
  prefix: "knap-s",
  labels: { session: "s" },
  networking: { ports: [8080] },
  mounts: [],
  sources: {
    configMap: (name) => (name in configMaps ? ({ data: configMaps[name] } as ConfigMap) : undefined),
    secret: (name) => (name in secrets ? ({ data: secrets[name] } as Secret) : undefined),
    podIP: "10.213.0.10",
    hostIP: "10.213.0.1",
    nodeName: "knap",
    nodeCpus: 4,
    nodeMemoryBytes: MACHINE_MEMORY,
  },
  ...more,
});
const specOf = (pod: StoredPod, more: Partial<ContainerInputs> = {}) => {
  const outcome = renderContainer(inputsOf(pod, more));
  if ("error" in outcome) throw new Error(outcome.error.message);
  return outcome.spec;
};
const errorOf = (pod: StoredPod, more: Partial<ContainerInputs> = {}) => {
  const outcome = renderContainer(inputsOf(pod, more));
  return "error" in outcome ? outcome.error : undefined;
};
const envOf = (container: Partial<Container>) => Object.fromEntries(specOf(podOf(container)).env);

describe("a container's environment", () => {
  test("the environment has envFrom in key order, and env overrides it", () => {
    const spec = specOf(podOf({ envFrom: [{ configMapRef: { name: "conf" } }], env: [{ name: "A", value: "own" }] }));
    expect(spec.env).toEqual([
      ["A", "own"],
      ["B", "2"],
    ]);
  });

  test("the environment can have prefixes, Secrets and single keys", () => {
    expect(
      envOf({
        envFrom: [{ prefix: "P_", configMapRef: { name: "conf" } }, { secretRef: { name: "sec" } }],
        env: [
          { name: "ONE", valueFrom: { configMapKeyRef: { name: "conf", key: "A" } } },
          { name: "TWO", valueFrom: { secretKeyRef: { name: "sec", key: "key" } } },
          { name: "NONE", valueFrom: { configMapKeyRef: { name: "gone", key: "A", optional: true } } },
        ],
      }),
    ).toEqual({ P_A: "1", P_B: "2", key: "völlig", ONE: "1", TWO: "völlig" });
  });

  test.each([
    [{ envFrom: [{ configMapRef: { name: "gone" } }] }, 'configmap "gone" not found'],
    [{ envFrom: [{ secretRef: { name: "gone" } }] }, 'secret "gone" not found'],
    [
      { env: [{ name: "X", valueFrom: { configMapKeyRef: { name: "conf", key: "Z" } } }] },
      "couldn't find key Z in ConfigMap shop/conf",
    ],
    [
      { env: [{ name: "X", valueFrom: { secretKeyRef: { name: "sec", key: "Z" } } }] },
      "couldn't find key Z in Secret shop/sec",
    ],
  ])("a missing source is CreateContainerConfigError: %j", (container, message) => {
    expect(errorOf(podOf(container))).toEqual({ reason: "CreateContainerConfigError", message });
  });

  test("the environment can have fields and resources from the downward API", () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const resource = (name: string, text: string, divisor?: string) => ({
      name,
      valueFrom: { resourceFieldRef: { resource: text, ...(divisor && { divisor }) } },
    });
    expect(
      envOf({
        resources: { limits: { memory: "100Mi" }, requests: { cpu: "250m" } },
        env: [
          field("NAME", "metadata.name"),
          field("NS", "metadata.namespace"),
          field("UID", "metadata.uid"),
          field("TIER", "metadata.labels['tier']"),
          field("ANN", "metadata.annotations['example.com/a']"),
          field("NODE", "spec.nodeName"),
          field("SA", "spec.serviceAccountName"),
          field("IP", "status.podIP"),
          field("HOST", "status.hostIP"),
          resource("MEM", "limits.memory", "1Mi"),
          resource("CPU", "requests.cpu", "1m"),
          resource("CPUS", "limits.cpu"),
        ],
      }),
    ).toEqual({
      NAME: "hello-00001-x",
      NS: "shop",
      UID: "u-1",
      TIER: "web",
      ANN: "b",
      NODE: "knap",
      SA: "builder",
      IP: "10.213.0.10",
      HOST: "10.213.0.1",
      MEM: "100",
      CPU: "250",
      CPUS: "4",
    });
  });

  test("$(VAR) in values, command and args expands to variables defined before", () => {
    const env = [
      { name: "A", value: "1" },
      { name: "B", value: "$(A)$(C)" },
      { name: "C", value: "$(B)" },
    ];
    const spec = specOf(podOf({ env, command: ["run", "$(C)"], args: ["--x=$(A)", "$$(A)"] }));
    expect(Object.fromEntries(spec.env)).toEqual({ A: "1", B: "1$(C)", C: "1$(C)" });
    expect(spec.command).toEqual(["run", "1$(C)"]);
    expect(spec.args).toEqual(["--x=1", "$(A)"]);
  });

  test.each([
    ["$", "$"],
    ["$$", "$"],
    ["$(", "$("],
    ["$()", "$()"],
    ["a$(X)b", "axb"],
    ["$$$(X)", "$x"],
    ["$X", "$X"],
    ["$(Y)", "$(Y)"],
  ])("the value %s expands to %s", (text, expected) => {
    expect(expandVariables(text, new Map([["X", "x"]]))).toBe(expected);
  });
});

describe("the container spec", () => {
  test("the spec has name, labels, host name and working folder", () => {
    expect(specOf(podOf({ workingDir: "/srv" }))).toMatchObject({
      name: "knap-s_hello-00001-x_web_2",
      image: "img",
      workingDir: "/srv",
      hostname: "hello-00001-x",
      labels: {
        session: "s",
        "knap.dev/pod": "shop/hello-00001-x",
        "knap.dev/pod-uid": "u-1",
        "knap.dev/container": "web",
      },
      ports: [8080],
    });
  });

  test("a long pod name is shortened to a host name", () => {
    const pod = podOf({});
    expect(hostnameOf({ ...pod, metadata: { ...pod.metadata, name: `${"a".repeat(62)}-b` } })).toBe("a".repeat(62));
  });

  test("limits above the machine's or below the engine's minimum are corrected (11 B2)", () => {
    const of = (limits: Record<string, string | number>) => specOf(podOf({ resources: { limits } }));
    expect(of({ cpu: "8000m", memory: "1Ti" })).toMatchObject({ cpuNanos: 4e9, memoryBytes: MACHINE_MEMORY });
    expect(of({ cpu: "1E", memory: "100E" })).toMatchObject({ cpuNanos: 4e9, cpuShares: 262_144 });
    expect(of({ cpu: "1m", memory: "1Ki" })).toMatchObject({ cpuNanos: 1e7, memoryBytes: 6 * 2 ** 20 });
    expect(of({ cpu: 4, memory: MACHINE_MEMORY })).toMatchObject({ cpuNanos: 4e9, memoryBytes: MACHINE_MEMORY });
  });

  test("limits and requests become cgroup settings; a limit without a request is also the request", () => {
    const of = (resources: Container["resources"]) => specOf(podOf({ resources: resources ?? {} }));
    expect(of({ requests: { cpu: "125m" }, limits: { cpu: "1", memory: "128Mi" } })).toMatchObject({
      cpuShares: 128,
      cpuNanos: 1e9,
      memoryBytes: 128 * 2 ** 20,
    });
    expect(of({ limits: { cpu: "500m" } })).toMatchObject({ cpuShares: 512, cpuNanos: 5e8 });
    expect(of({})).toMatchObject({ cpuShares: 2 });
    expect(of({}).memoryBytes).toBeUndefined();
  });

  test("the spec has the container's user before the pod's, and groups, capabilities and options", () => {
    const pod = podOf(
      {
        securityContext: {
          runAsUser: 2020,
          capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
          allowPrivilegeEscalation: false,
          seccompProfile: { type: "Unconfined" },
        },
      },
      { securityContext: { runAsUser: 1, runAsGroup: 3030, fsGroup: 5, supplementalGroups: [7] } },
    );
    expect(specOf(pod)).toMatchObject({
      user: "2020:3030",
      groups: ["7", "5"],
      capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
      securityOptions: ["no-new-privileges", "seccomp=unconfined"],
    });
  });

  test("a group without a user keeps the image's user", () => {
    const pod = podOf({ securityContext: { runAsGroup: 9 } });
    expect(specOf(pod, { image: { reference: "i", user: "app:app" } }).user).toBe("app:9");
    expect(specOf(pod).user).toBe("0:9");
  });

  test.each([
    [{ runAsUser: 0 }, "", "container's runAsUser breaks non-root policy"],
    [{}, "", "container has runAsNonRoot and image will run as root"],
    [{}, "0:0", "container has runAsNonRoot and image will run as root"],
    [{}, "app", "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root"],
  ])("runAsNonRoot refuses %j with image user %j", (own, user, text) => {
    const pod = podOf({ securityContext: { runAsNonRoot: true, ...own } });
    expect(errorOf(pod, { image: { reference: "i", user } })?.message).toBe(
      `${text} (pod: "hello-00001-x_shop(u-1)", container: web)`,
    );
  });

  test("runAsNonRoot accepts a numeric user", () => {
    const pod = podOf({ securityContext: { runAsNonRoot: true } });
    expect(errorOf(pod, { image: { reference: "i", user: "65532" } })).toBeUndefined();
  });

  test("a start command replaces the image's command, and the pod overrides its environment", () => {
    const pod = podOf({ command: ["/app/server"], env: [{ name: "A", value: "pod" }] });
    const start = { command: ["node", "server.js"], folder: "/home/me/app", env: { A: "file", B: "file" } };
    expect(specOf(pod, { start })).toMatchObject({
      command: ["node", "server.js"],
      projectFolder: "/home/me/app",
      env: [
        ["A", "pod"],
        ["B", "file"],
      ],
    });
  });
});

describe("the ports of a pod", () => {
  const proxy = (probe: unknown): Container => ({
    name: "queue-proxy",
    env: [{ name: "SERVING_READINESS_PROBE", value: JSON.stringify(probe) }],
  });
  test("a pod serves on the first port of the first container with ports; the default is 8080", () => {
    const pod = podOf({}, {});
    const side: Container = { name: "serving", ports: [{ containerPort: 9000 }] };
    expect(servingPort(pod)).toBe(8080);
    expect(servingPort({ ...pod, spec: { containers: [...pod.spec.containers, side] } })).toBe(9000);
  });

  test("ports that traffic or a probe uses are reachable; queue-proxy's are not", () => {
    const pod = podOf({ ports: [{ containerPort: 9000 }], livenessProbe: { tcpSocket: { port: 9001 } } });
    const queue = proxy([{ httpGet: { port: 9002 } }, { grpc: { port: 9003 } }]);
    const completePod: StoredPod = {
      ...pod,
      spec: { containers: [...pod.spec.containers, { ...queue, ports: [{ containerPort: 8012 }] }] },
    };
    expect([...dialledPorts(completePod)].sort()).toEqual([9000, 9001, 9002, 9003]);
  });
});

describe("quality of service", () => {
  test.each([
    [{}, "BestEffort"],
    [{ requests: { cpu: "1" } }, "Burstable"],
    [{ limits: { cpu: "1", memory: "1Gi" } }, "Guaranteed"],
    [{ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1000m" } }, "Guaranteed"],
    [{ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } }, "Burstable"],
  ])("a pod with %j has the QoS class %s", (resources, expected) => {
    expect(qosClass(podOf({ resources }))).toBe(expected);
  });
});
