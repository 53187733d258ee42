import { describe, expect, it } from "vitest";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { AnyObject, StringMap } from "../../../src/apis/meta/object.ts";
import { mutate, review, reviewTexts } from "../../../src/apis/serving/webhook.ts";

const IMAGE = "ghcr.io/acme/hello";
const AT = "spec.template.spec.containers[0]";

/** Returns the error text of the webhooks for a new object. */
function errorsOf(object: object, gates: StringMap = {}): string {
  const { config } = makeServingConfig(new Map([["config-features", gates]]));
  const request = { object: object as AnyObject, operation: "create" as const, config };
  return reviewTexts(review({ ...request, object: mutate(request).object })).errors;
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
  it("an envFrom entry prefixes all earlier findings with its references, configMapRef first", () => {
    const both = { configMapRef: { name: "a" }, secretRef: { name: "b" } };
    expect(errorsOf(service(container({ envFrom: [{}, both] })))).toBe(
      [
        `expected exactly one, got both: ${AT}.envFrom.configMapRef, ${AT}.envFrom.secretRef`,
        `expected exactly one, got neither: ${AT}.envFrom.configMapRef[1].secretRef[1].configMapRef, ${AT}.envFrom.configMapRef[1].secretRef[1].secretRef`,
      ].join("\n"),
    );
  });
  it("a probe prefixes its earlier findings with the names of its handlers", () => {
    const livenessProbe = { httpGet: { port: "other" }, grpc: { port: 5 } };
    expect(errorsOf(service(container({ livenessProbe })))).toContain(
      `invalid value: other: ${AT}.livenessProbe.grpc.httpGet.port\nProbe port must match container port`,
    );
  });
  it("the port name of a probe is compared with the last container that has ports", () => {
    const containers = [
      { image: IMAGE, name: "a", ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: "http" } } },
      { image: IMAGE, name: "b", ports: [{ containerPort: 81, name: "h2c" }] },
    ];
    expect(errorsOf(service({ containers }))).toContain(`invalid value: http: ${AT}.readinessProbe.httpGet.port`);
    expect(errorsOf(service(container({ livenessProbe: { httpGet: { port: "" } } })))).toBe("");
  });
  it("an init container with a hostPort is refused", () => {
    const initContainers = [{ image: IMAGE, ports: [{ containerPort: 80, hostPort: 80 }] }];
    const pod = { ...container({}), initContainers };
    expect(errorsOf(service(pod), { "kubernetes.podspec-init-containers": "Enabled" })).toBe(
      `must not set the field(s): ${AT}.ports.hostPort`,
    );
  });
  it("an empty container is refused", () => {
    const { config } = makeServingConfig(new Map());
    const traffic = [{ percent: 100, latestRevision: true }];
    const object = service({ containers: [{ name: "", resources: {} }] }, { traffic }) as unknown as AnyObject;
    expect(reviewTexts(review({ object, operation: "create", config })).errors).toBe(`missing field(s): ${AT}`);
  });
  it("secure-pod-defaults allows a seccomp profile only if it has a type and no other field", () => {
    const gates = { "secure-pod-defaults": "Enabled" };
    const pod = (seccompProfile: object) => ({ ...container({}), securityContext: { seccompProfile } });
    expect(errorsOf(service(pod({ type: "RuntimeDefault" })), gates)).toBe("");
    expect(errorsOf(service(pod({ type: "RuntimeDefault", localhostProfile: "p" })), gates)).toBe(
      "must not set the field(s): spec.template.spec.securityContext.seccompProfile",
    );
  });
  it("a mount must be read-only unless a volume of its name is writable", () => {
    const volumes = [{ name: "v", emptyDir: {} }, { name: "v" }];
    const object = service({ ...container({ volumeMounts: [{ name: "v", mountPath: "/v" }] }), volumes });
    const { config } = makeServingConfig(new Map());
    const { spec } = mutate({ object: object as unknown as AnyObject, operation: "create", config }).object;
    expect(spec).toMatchObject({ template: { spec: { containers: [{ volumeMounts: [{ mountPath: "/v" }] }] } } });
    expect(JSON.stringify(spec)).not.toContain("readOnly");
  });
});

describe("validation of names", () => {
  it("a Revision name must begin with the parent's name, even if the parent has none", () => {
    expect(errorsOf(service(container({}), { template: { name: "hello" }, name: "" }))).toBe(
      'invalid value: "hello" must have prefix "-": spec.template.metadata.name\nname or generateName is required: metadata.name',
    );
  });
  it("the revisionName of a target is validated only without a configurationName", () => {
    const traffic = [{ configurationName: "c", revisionName: "a b", latestRevision: false, percent: 100 }];
    expect(errorsOf(service(container({}), { traffic }))).toBe(
      "must not set the field(s): spec.traffic[0].configurationName",
    );
  });
  it("a label key with two slashes gets an explanation of the format", () => {
    const traffic = [{ revisionName: "a/b/c", percent: 100 }];
    expect(errorsOf(service(container({}), { traffic }))).toMatch(
      /^invalid key name "a\/b\/c": spec.traffic\[0\].revisionName\na valid label key must consist of/,
    );
  });
  it("the ref of a DomainMapping may only have the namespace of the DomainMapping", () => {
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
