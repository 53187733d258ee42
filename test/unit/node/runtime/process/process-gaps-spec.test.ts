import { describe, expect, test } from "vitest";
import type { PodSpec } from "../../../../../src/apis/core/pod-spec.ts";
import type { Service } from "../../../../../src/apis/serving/types.ts";
import { describeProcessGaps } from "../../../../../src/node/runtime/process/process-gaps-spec.ts";

const service = (name: string, spec: PodSpec): Service => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec: { template: { spec } },
});
const described = (spec: PodSpec, isStarted = true) => describeProcessGaps([service("app", spec)], () => isStarted);

describe("the notice of process gaps", () => {
  test("the notice names each ignored field with its value", () => {
    expect(
      described({
        containers: [
          {
            image: "example.com/app:v1",
            workingDir: "/srv",
            resources: { limits: { cpu: "500m", memory: "128Mi" }, requests: { cpu: "100m" } },
            securityContext: { runAsNonRoot: true, runAsUser: 1000, capabilities: { drop: ["ALL"] } },
            terminationMessagePath: "/tmp/last",
          },
        ],
        securityContext: { fsGroup: 5 },
        hostAliases: [{ ip: "10.0.0.1" }],
      }),
    ).toEqual([
      "app: image example.com/app:v1, workingDir /srv, limits (cpu 500m, memory 128Mi), securityContext (runAsUser, capabilities), terminationMessagePath /tmp/last, pod securityContext (fsGroup), hostAliases",
    ]);
  });

  test("the notice does not mention a Service without gaps", () => {
    const plain: PodSpec = {
      containers: [{ env: [{ name: "A", value: "b" }], securityContext: { runAsNonRoot: true } }],
    };
    expect(described(plain)).toEqual([]);
    expect(describeProcessGaps([], () => true)).toEqual([]);
  });

  test("the notice names pull policy, pull secrets and the pod's namespaces and DNS (11 B3)", () => {
    expect(
      described({
        containers: [{ image: "app", imagePullPolicy: "Always" }],
        imagePullSecrets: [{ name: "registry" }],
        dnsPolicy: "ClusterFirst",
        hostNetwork: true,
      }),
    ).toEqual(["app: image app, imagePullPolicy Always, hostNetwork, dnsPolicy, imagePullSecrets"]);
  });

  test("the notice separates ignored from refused settings", () => {
    const containers = [
      { image: "app", command: ["serve"], args: ["-v"], volumeMounts: [{ name: "data", mountPath: "/data" }] },
    ];
    expect(described({ containers })).toEqual(["app: image app, command, args; refused: volume mount /data"]);
    // Without a command in knap.yaml the process runs the manifest's command.
    expect(described({ containers }, false)).toEqual(["app: image app; refused: volume mount /data"]);
  });

  test("the notice names the container in a pod of several, and refuses a container without a command", () => {
    const containers = [
      { name: "side", image: "side" },
      { name: "app", image: "app", ports: [{ containerPort: 8080 }] },
    ];
    const initContainers = [{ name: "init", image: "init", command: ["true"] }];
    expect(described({ containers, initContainers })).toEqual([
      "app: side's image side, app's image app, init's image init; refused: side's start without a command",
    ]);
  });

  test("the notice joins Services with the same gaps, and counts those after the eighth line", () => {
    const limited: PodSpec = { containers: [{ resources: { limits: { memory: "1Gi" } } }] };
    const same = ["a", "b", "c"].map((name) => service(name, limited));
    expect(describeProcessGaps(same, () => true)).toEqual(["a, b, c: limits (memory 1Gi)"]);
    const many = Array.from({ length: 11 }, (_, index) =>
      service(`s${index}`, { containers: [{ image: `i${index}` }] }),
    );
    const lines = describeProcessGaps(many, () => true);
    expect(lines).toHaveLength(9);
    expect(lines.slice(-2)).toEqual(["s7: image i7", "and 3 more Services"]);
  });
});
