import { describe, expect, it } from "vitest";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { AnyObject, StringMap } from "../../../src/apis/meta/object.ts";
import { mutate, review, verdict } from "../../../src/apis/serving/webhook.ts";

const IMAGE = "ghcr.io/acme/hello";
const AT = "spec.template.spec.containers[0]";

/** What the two webhooks say to a new object. */
function errorsOf(object: object, gates: StringMap = {}): string {
  const { config } = makeServingConfig(new Map([["config-features", gates]]));
  const request = { object: object as AnyObject, operation: "create" as const, config };
  return verdict(review({ ...request, object: mutate(request).object })).errors;
}
function service(
  pod: object,
  more: { readonly template?: object; readonly traffic?: object; readonly name?: string } = {},
) {
  const { template = {}, traffic, name = "hello" } = more;
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { namespace: "default", ...(name === "" ? {} : { name }) },
    spec: { template: { metadata: template, spec: pod }, ...(traffic === undefined ? {} : { traffic }) },
  };
}
const container = (more: object): object => ({ containers: [{ image: IMAGE, ...more }] });

describe("validation of a pod", () => {
  it("puts the references of one envFrom entry before everything found so far, the ConfigMap's outside", () => {
    const both = { configMapRef: { name: "a" }, secretRef: { name: "b" } };
    expect(errorsOf(service(container({ envFrom: [{}, both] })))).toBe(
      [
        `expected exactly one, got both: ${AT}.envFrom.configMapRef, ${AT}.envFrom.secretRef`,
        `expected exactly one, got neither: ${AT}.envFrom.configMapRef[1].secretRef[1].configMapRef, ${AT}.envFrom.configMapRef[1].secretRef[1].secretRef`,
      ].join("\n"),
    );
  });
  it("puts a probe's handlers before what it found, as their fields are called", () => {
    const livenessProbe = { httpGet: { port: "other" }, grpc: { port: 5 } };
    expect(errorsOf(service(container({ livenessProbe })))).toContain(
      `invalid value: other: ${AT}.livenessProbe.grpc.httpGet.port\nProbe port must match container port`,
    );
  });
  it("compares a probe's port with the last container that has ports", () => {
    const containers = [
      { image: IMAGE, name: "a", ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: "http" } } },
      { image: IMAGE, name: "b", ports: [{ containerPort: 81, name: "h2c" }] },
    ];
    expect(errorsOf(service({ containers }))).toContain(`invalid value: http: ${AT}.readinessProbe.httpGet.port`);
    expect(errorsOf(service(container({ livenessProbe: { httpGet: { port: "" } } })))).toBe("");
  });
  it("lets no init container have a port of the host", () => {
    const initContainers = [{ image: IMAGE, ports: [{ containerPort: 80, hostPort: 80 }] }];
    const pod = { ...container({}), initContainers };
    expect(errorsOf(service(pod), { "kubernetes.podspec-init-containers": "Enabled" })).toBe(
      `must not set the field(s): ${AT}.ports.hostPort`,
    );
  });
  it("asks for a container that says anything at all", () => {
    const { config } = makeServingConfig(new Map());
    const traffic = [{ percent: 100, latestRevision: true }];
    const object = service({ containers: [{ name: "", resources: {} }] }, { traffic }) as unknown as AnyObject;
    expect(verdict(review({ object, operation: "create", config })).errors).toBe(`missing field(s): ${AT}`);
  });
  it("takes a pod's seccomp profile under secure defaults only when it is nothing but a type", () => {
    const gates = { "secure-pod-defaults": "Enabled" };
    const pod = (seccompProfile: object) => ({ ...container({}), securityContext: { seccompProfile } });
    expect(errorsOf(service(pod({ type: "RuntimeDefault" })), gates)).toBe("");
    expect(errorsOf(service(pod({ type: "RuntimeDefault", localhostProfile: "p" })), gates)).toBe(
      "must not set the field(s): spec.template.spec.securityContext.seccompProfile",
    );
  });
  it("forces no mount to be read-only when any volume of its name can be written", () => {
    const volumes = [{ name: "v", emptyDir: {} }, { name: "v" }];
    const object = service({ ...container({ volumeMounts: [{ name: "v", mountPath: "/v" }] }), volumes });
    const { config } = makeServingConfig(new Map());
    const { spec } = mutate({ object: object as unknown as AnyObject, operation: "create", config }).object;
    expect(spec).toMatchObject({ template: { spec: { containers: [{ volumeMounts: [{ mountPath: "/v" }] }] } } });
    expect(JSON.stringify(spec)).not.toContain("readOnly");
  });
});

describe("validation of names", () => {
  it("asks a revision's name for its parent's prefix also when the parent has no name", () => {
    expect(errorsOf(service(container({}), { template: { name: "hello" }, name: "" }))).toBe(
      'invalid value: "hello" must have prefix "-": spec.template.metadata.name\nname or generateName is required: metadata.name',
    );
  });
  it("looks at a Service target's revision only when it names no configuration", () => {
    const traffic = [{ configurationName: "c", revisionName: "a b", latestRevision: false, percent: 100 }];
    expect(errorsOf(service(container({}), { traffic }))).toBe(
      "must not set the field(s): spec.traffic[0].configurationName",
    );
  });
  it("says of a key with two slashes what a label's key may be", () => {
    const traffic = [{ revisionName: "a/b/c", percent: 100 }];
    expect(errorsOf(service(container({}), { traffic }))).toMatch(
      /^invalid key name "a\/b\/c": spec.traffic\[0\].revisionName\na valid label key must consist of/,
    );
  });
  it("compares the namespace of a DomainMapping's reference with its own, when it has one", () => {
    const mapping = (namespace?: string) => ({
      apiVersion: "serving.knative.dev/v1beta1",
      kind: "DomainMapping",
      metadata: { name: "www.example.com", ...(namespace === undefined ? {} : { namespace }) },
      spec: { ref: { name: "hello", kind: "Service", apiVersion: "serving.knative.dev/v1", namespace: "other" } },
    });
    expect(errorsOf(mapping("default"))).toMatch(/^mismatched namespaces: spec.ref.namespace/);
    expect(errorsOf(mapping())).toBe("");
  });
});
