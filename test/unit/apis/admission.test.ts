import { describe, expect, it } from "vitest";
import { admit } from "../../../src/apis/admission.ts";
import { exampleChecksum } from "../../../src/apis/config/example-checksum.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { AdmissionAnswer } from "../../../src/apis/meta/admission.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import type { Schema } from "../../../src/apis/schema/schema.ts";
import { schemaOf, unknownFields } from "../../../src/apis/schema/schemas.ts";
import { schemaFindings } from "../../../src/apis/schema/structural.ts";
import type { Service } from "../../../src/apis/serving/types.ts";

const { config } = makeServingConfig(new Map());
const service = (spec: object, metadata: object = {}): AnyObject => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default", ...metadata },
  spec: { template: { spec } },
});
const create = (object: AnyObject): AdmissionAnswer => admit({ operation: "CREATE", object, user: "alice" }, config);
const stored = (answer: AdmissionAnswer): Service => {
  if ("refused" in answer) throw new Error(answer.refused.message);
  return answer.object as Service;
};
const refusal = (answer: AdmissionAnswer) => ("refused" in answer ? answer.refused : undefined);

describe("admission", () => {
  const written = service({ containers: [{ image: "ghcr.io/acme/hello", ports: [{ containerPort: 8080 }], foo: 1 }] });

  const withTraffic = (url: unknown): AnyObject => ({
    ...written,
    spec: { ...(written.spec as object), traffic: [{ latestRevision: true, percent: 100, url }] },
  });
  it.each([
    [
      withTraffic(5),
      /cannot unmarshal number into Go struct field TrafficTarget\.spec\.RouteSpec\.traffic\.url of type string$/,
    ],
    [
      withTraffic("http://a b"),
      /decode incoming new object: parse "http:\/\/a b": invalid character " " in host name$/,
    ],
    [
      { ...written, status: "x" },
      /cannot unmarshal string into Go struct field Service\.status of type v1\.ServiceStatus$/,
    ],
    [
      { ...written, status: { traffic: [{ percent: "x" }] } },
      /cannot unmarshal string into Go struct field TrafficTarget\.status\.RouteStatusFields\.traffic\.percent of type int64$/,
    ],
    [{ ...written, status: { url: "::" } }, /decode incoming new object: parse "::": missing protocol scheme$/],
    [
      { ...written, status: { conditions: {} } },
      /cannot unmarshal object into Go struct field ServiceStatus\.status\.Status\.conditions of type \[\]v1\.Condition$/,
    ],
  ])("refuses fields of the status with a wrong type, also in the spec: %# (11 E2)", (object, message) => {
    const refused = refusal(create(object as AnyObject));
    expect(refused?.message).toMatch(
      /^admission webhook "webhook\.serving\.knative\.dev" denied the request: mutation failed/,
    );
    expect(refused?.message).toMatch(message);
  });

  it("admission prunes and defaults a new object and adds creator and lastModifier", () => {
    const { metadata, spec } = stored(create(written));
    expect(metadata.annotations).toEqual({
      "serving.knative.dev/creator": "alice",
      "serving.knative.dev/lastModifier": "alice",
    });
    expect(spec.template).toEqual({
      metadata: {},
      spec: {
        containerConcurrency: 0,
        timeoutSeconds: 300,
        enableServiceLinks: false,
        containers: [
          {
            name: "user-container",
            image: "ghcr.io/acme/hello",
            ports: [{ containerPort: 8080, protocol: "TCP" }],
            resources: {},
            readinessProbe: { successThreshold: 1, tcpSocket: { port: 0 } },
          },
        ],
      },
    });
    expect(spec.traffic).toEqual([{ latestRevision: true, percent: 100 }]);
    expect(unknownFields(written)).toEqual(["spec.template.spec.containers[0].foo"]);
  });
  it("admission returns an admitted object unchanged when it is written again", () => {
    const first = stored(create(written));
    const again = admit({ operation: "UPDATE", object: first, old: first, user: "bob" }, config);
    expect(stored(again)).toEqual(first);
  });
  it("admission refuses a Deployment without containers or without a matching selector", () => {
    const deployment = (spec?: object): AnyObject => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "default" },
      ...(spec && { spec }),
    });
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web" }] } };
    const valid = deployment({ selector: { matchLabels: { app: "web" } }, template });
    expect(create(valid)).toEqual({ object: valid, warnings: [] });
    const paths = (object: AnyObject) => refusal(create(object))?.details?.causes?.map(({ field }) => field);
    const labels = "spec.template.metadata.labels";
    expect(paths(deployment())).toEqual(["spec.selector", labels, "spec.template.spec.containers"]);
    expect(refusal(create(deployment({ selector: { matchLabels: { app: "other" } }, template })))?.message).toBe(
      'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    );
  });
  it("admission refuses container names that no Pod can have, with the text of the webhook's dry run", () => {
    const answer = create(service({ containers: [{ image: "a/b", name: "Web_1" }] }));
    const rule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
    expect(refusal(answer)?.message).toBe(
      `admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: dry run failed with Pod "dry-run-validation" is invalid: spec.containers[0].name: Invalid value: "Web_1": ${rule}: spec.template`,
    );
    const pod = (containers: object[]): AnyObject => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web", namespace: "default" },
      spec: { containers, initContainers: [{ name: "a", image: "a/b" }] },
    });
    const named = (...names: string[]) => refusal(create(pod(names.map((name) => ({ name, image: "a/b" })))));
    expect(named("b", "c")).toBeUndefined();
    expect(named("A", "a".repeat(64), "")?.details?.causes).toEqual([
      { reason: "FieldValueInvalid", message: `Invalid value: "A": ${rule}`, field: "spec.containers[0].name" },
      expect.objectContaining({ message: expect.stringContaining("must be no more than 63 characters") }),
      { reason: "FieldValueRequired", message: "Required value", field: "spec.containers[2].name" },
    ]);
    expect(named("a")?.message).toBe('Pod "web" is invalid: spec.initContainers[0].name: Duplicate value: "a"');
  });
  it("admission refuses with the texts of Knative's webhooks", () => {
    const answer = create(service({ containers: [{ image: "BAD" }], timeoutSeconds: 601 }));
    expect(refusal(answer)).toMatchObject({ code: 400, reason: "BadRequest" });
    expect(refusal(answer)?.message).toMatch(
      /^admission webhook "validation\.webhook\.serving\.knative\.dev" denied the request: validation failed: Failed to parse image reference: .*\n.*\nexpected 0 <= 601 <= 600: spec\.template\.spec\.timeoutSeconds$/,
    );
    expect(
      refusal(create(service({ containers: [{ image: "a/b", env: [{ name: "A", value: 5 }] }] })))?.message,
    ).toMatch(
      /^admission webhook "webhook\.serving\.knative\.dev" denied the request: mutation failed: cannot decode incoming new object: json: /,
    );
  });
  it("an object that only the schema refuses gets 422", () => {
    const mounts = [
      { name: "v", mountPath: "/a" },
      { name: "v", mountPath: "/a" },
    ];
    const answer = create(
      service({ containers: [{ image: "a/b", volumeMounts: mounts }], volumes: [{ name: "v", emptyDir: {} }] }),
    );
    expect(refusal(answer)).toMatchObject({ code: 422, reason: "Invalid" });
    expect(refusal(answer)?.message).toBe(
      'Service.serving.knative.dev "hello" is invalid: spec.template.spec.containers[0].volumeMounts[1]: Duplicate value: {"mountPath":"/a"}',
    );
  });
  it("admission checks a fieldRef of a volume against the schema, but not one of env", () => {
    const env = [{ name: "A", valueFrom: { fieldRef: {} } }];
    const volumes = [
      { name: "v", projected: { sources: [{ downwardAPI: { items: [{ path: "p", fieldRef: {} }] } }] } },
    ];
    const schema = schemaOf("Service.serving.knative.dev") as Schema;
    expect(schemaFindings(schema, service({ containers: [{ env }], volumes })).map(({ path }) => path)).toEqual([
      "spec.template.spec.volumes[0].projected.sources[0].downwardAPI.items[0].fieldRef.fieldPath",
    ]);
  });
  it("admission refuses a changed template with an unchanged revision name", () => {
    const named = (image: string): AnyObject => {
      const { spec, ...rest } = service({ containers: [{ image, name: "c" }] });
      const { template } = spec as { template: object };
      return { ...rest, spec: { template: { ...template, metadata: { name: "hello-v1" } } } };
    };
    const old = stored(create(named("ghcr.io/a/b:1")));
    const container = { ...old.spec.template.spec.containers[0], image: "ghcr.io/a/b:2" };
    const object = {
      ...old,
      spec: {
        ...old.spec,
        template: { ...old.spec.template, spec: { ...old.spec.template.spec, containers: [container] } },
      },
    };
    const answer = admit({ operation: "UPDATE", object, old, user: "alice" }, config);
    expect(refusal(answer)?.message).toContain(
      'Saw the following changes without a name change (-old +new): spec.template.metadata.name\n{*v1.RevisionTemplateSpec}.Spec.PodSpec.Containers[0].Image:\n\t-: "ghcr.io/a/b:1"\n\t+: "ghcr.io/a/b:2"\n',
    );
  });
  it("admission parses only the ConfigMaps of namespace knative-serving", () => {
    const map = (namespace: string, data: object, annotations: object = {}): AnyObject =>
      ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "config-gc", namespace, annotations },
        data,
      }) as AnyObject;
    const bad = { "min-non-active-revisions": "-1" };
    expect(refusal(create(map("knative-serving", bad)))?.message).toBe(
      'admission webhook "config.webhook.serving.knative.dev" denied the request: validation failed: min-non-active-revisions must be non-negative, was: -1',
    );
    expect(refusal(create(map("default", bad)))).toBeUndefined();
    const checksum = { "knative.dev/example-checksum": exampleChecksum("a: 1\n\n\nb: 2") };
    expect(refusal(create(map("knative-serving", { _example: "\na: 1\nb: 2\n" }, checksum)))).toBeUndefined();
    expect(refusal(create(map("knative-serving", { _example: "a: 2\nb: 2" }, checksum)))?.message).toContain(
      'the update modifies a key in "_example"',
    );
    expect(refusal(create(map("default", { a: 1 })))?.message).toMatch(/^ConfigMap in version "v1" cannot be handled/);
  });
  it("admission adds class and metric to a PodAutoscaler", () => {
    const scaler = {
      apiVersion: "autoscaling.internal.knative.dev/v1alpha1",
      kind: "PodAutoscaler",
      metadata: { name: "hello-00001", namespace: "default" },
      spec: { scaleTargetRef: { name: "x" }, protocolType: "http1" },
    };
    const annotationsOf = (object: AnyObject) => stored(create(object)).metadata.annotations;
    expect(annotationsOf(scaler)).toEqual({
      "autoscaling.knative.dev/class": "kpa.autoscaling.knative.dev",
      "autoscaling.knative.dev/metric": "concurrency",
    });
    const foreign = { "autoscaling.knative.dev/class": "theirs" };
    expect(annotationsOf({ ...scaler, metadata: { ...scaler.metadata, annotations: foreign } })).toEqual({
      ...foreign,
      "autoscaling.knative.dev/metric": "",
    });
  });
});

describe("admission of a built-in kind", () => {
  const metadata = { name: "x", namespace: "default" };
  const pod = (spec: object): AnyObject => ({ apiVersion: "v1", kind: "Pod", metadata, spec });

  it("admission drops null fields of a Pod, as Go's decoder does (11 A1)", () => {
    const containers = [
      { name: "app", image: "app", resources: null, volumeMounts: null, env: [{ name: "A", value: null }] },
    ];
    const { spec } = stored(create(pod({ containers, imagePullSecrets: null })));
    expect(spec).toEqual({ containers: [{ name: "app", image: "app", env: [{ name: "A" }] }] });
  });

  it("admission accepts two variables of the same name in a Pod and keeps the last one (11 A1)", () => {
    const env = [
      { name: "A", value: "1" },
      { name: "A", value: "2" },
    ];
    expect(refusal(create(pod({ containers: [{ name: "app", image: "app", env }] })))).toBeUndefined();
  });
});
