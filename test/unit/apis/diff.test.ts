import { describe, expect, it } from "vitest";
import { revisionSpec } from "../../../src/apis/fields/serving.ts";
import { diffText } from "../../../src/apis/go/diff.ts";

const diff = (old: object, now: object): string => diffText(revisionSpec, "{v1.RevisionSpec}", old, now);
const container = (more: object): object => ({ containers: [{ name: "c", image: "a", resources: {}, ...more }] });

describe("differences of Revisions", () => {
  it("Revisions of equal content have no differences", () => {
    expect(diff(container({}), { ...container({}), tolerations: undefined })).toBe("");
  });
  it("a difference shows added list items with their new index", () => {
    const env = [{ name: "A", value: "1" }];
    expect(diff(container({ env }), container({ env: [...env, { name: "B", value: "2" }] }))).toBe(
      '{v1.RevisionSpec}.PodSpec.Containers[0].Env[?->1]:\n\t+: v1.EnvVar: "{Name:B Value:2 ValueFrom:nil}"\n',
    );
  });
  it("a difference shows a new list or map as a whole", () => {
    expect(diff(container({}), container({ args: ["x", "y"] }))).toBe(
      '{v1.RevisionSpec}.PodSpec.Containers[0].Args:\n\t-: "[]"\n\t+: "[x y]"\n',
    );
  });
  it("a difference marks pointers with a star, and shows an address if only one side has a value", () => {
    expect(diff({ timeoutSeconds: 3 }, { timeoutSeconds: 4 })).toBe(
      '*{v1.RevisionSpec}.TimeoutSeconds:\n\t-: "3"\n\t+: "4"\n',
    );
    expect(diff({}, { timeoutSeconds: 4 })).toBe('{v1.RevisionSpec}.TimeoutSeconds:\n\t-: "<nil>"\n\t+: "0xADDR"\n');
  });
  it("a difference prints structs behind pointers like Kubernetes' String methods, in their field order", () => {
    const securityContext = { runAsUser: 1, runAsNonRoot: true, runAsGroup: 2 };
    expect(diff(container({}), container({ securityContext }))).toContain(
      "Privileged:nil,SELinuxOptions:nil,RunAsUser:*1,RunAsNonRoot:*true,ReadOnlyRootFilesystem:nil,AllowPrivilegeEscalation:nil,RunAsGroup:*2,",
    );
    const valueFrom = { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } };
    expect(diff(container({}), container({ env: [{ name: "A", valueFrom }] }))).toContain(
      "&ResourceFieldSelector{ContainerName:,Resource:limits.cpu,Divisor:{{1 -3} {<nil>} 1m DecimalSI},}",
    );
    expect(diff({}, { volumes: [{ name: "v", emptyDir: { sizeLimit: "1Gi" } }] })).toContain(
      "EmptyDir:&EmptyDirVolumeSource{Medium:,SizeLimit:1Gi,} GCEPersistentDisk:nil AWSElasticBlockStore:nil",
    );
  });
  it("a difference compares the Go fields of quantities and int-or-string ports", () => {
    const limits = (cpu: string): object => container({ resources: { limits: { cpu } } });
    expect(diff(limits("500m"), limits("1"))).toBe(
      '{v1.RevisionSpec}.PodSpec.Containers[0].Resources.Limits["cpu"]:\n\t-: resource.Quantity: "{i:{value:500 scale:-3} d:{Dec:<nil>} s:500m Format:DecimalSI}"\n\t+: resource.Quantity: "{i:{value:1 scale:0} d:{Dec:<nil>} s:1 Format:DecimalSI}"\n',
    );
    expect(diff(limits("1Gi"), limits("1073741824"))).toBe("");
    const probe = (port: number): object => container({ livenessProbe: { tcpSocket: { port } } });
    expect(diff(probe(80), probe(81))).toBe(
      '{v1.RevisionSpec}.PodSpec.Containers[0].LivenessProbe.ProbeHandler.TCPSocket.Port.IntVal:\n\t-: "80"\n\t+: "81"\n',
    );
  });
});
