import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../../src/manifest/diagnostic.ts";
import { type ValidationOptions, validateFiles } from "../../../src/manifest/validate-files.ts";

const check = (text: string, options: Partial<ValidationOptions> = {}): readonly Diagnostic[] =>
  validateFiles([{ name: "s.yaml", text }], { mode: "validate", ...options }).diagnostics;
const brief = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics
    .filter(({ message }) => !message.startsWith("Kubernetes default value is insecure"))
    .map(({ line, column, severity, message }) => `${line}:${column} ${severity} ${message.split("\n")[0]}`);

const service = (spec: string): string =>
  `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: hello\nspec:\n  template:\n    spec:\n${spec}`;

describe("validateFiles", () => {
  it("a plain Service is valid, with Kubernetes' insecure defaults as its only warning", () => {
    const diagnostics = check(service("      containers:\n      - image: ghcr.io/acme/hello\n"));
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ severity: "warning", line: 9, column: 9 });
  });
  it("a finding has the location of the value, of the unknown key, or of the parent of a missing field", () => {
    const text = service(
      "      nodeSelector: {a: b}\n      timeoutSeconds: 601\n      containers:\n      - env:\n        - value: x\n",
    );
    expect(brief(check(text))).toEqual([
      "8:7 error must not set the field(s): spec.template.spec.nodeSelector",
      "9:23 error expected 0 <= 601 <= 600: spec.template.spec.timeoutSeconds",
      "11:9 error missing field(s): spec.template.spec.containers[0].image",
      "12:11 error missing field(s): spec.template.spec.containers[0].env[0].name",
    ]);
  });
  it("metadata of a wrong type is found in every kind, with its location (11 E2)", () => {
    for (const [version, kind] of [
      ["v1", "ServiceAccount"],
      ["v1", "Service"],
      ["v1", "ConfigMap"],
      ["serving.knative.dev/v1", "Service"],
    ]) {
      const head = `apiVersion: ${version}\nkind: ${kind}\nmetadata:\n`;
      const name = check(`${head}  name: 123\n`);
      expect(name[0]).toMatchObject({
        severity: "error",
        line: 4,
        path: "metadata.name",
        fix: "put the value in quotes",
      });
      expect(check(`${head}  name: a\n  labels: foo\n`)[0]).toMatchObject({ line: 5, path: "metadata.labels" });
      expect(check(`${head}  name: a\n  ownerReferences: [null]\n`)[0]?.severity).toBe("error");
    }
  });
  it("findings have locations also for keys with dots, shifted indexes and omitted levels", () => {
    const text = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: hello
  annotations:
    autoscaling.knative.dev/class: x
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/initial-scale: "0"
        queue.sidecar.serving.knative.dev/cpu-resource-limit: a lot
    spec:
      containers:
      - image: ghcr.io/acme/hello
        ports:
        - containerPort: 8012
        volumeMounts: [{name: v, mountPath: /v}]
      volumes:
      - name: v
        secret:
          secretName: s
          items:
          - path: a
  traffic:
  - percent: 100
    tag: A
`;
    expect(
      check(text)
        .filter(({ severity }) => severity === "error")
        .map(({ line, column }) => [line, column]),
    ).toEqual([
      [6, 5],
      [11, 48],
      [12, 63],
      [17, 26],
      [24, 13],
      [27, 10],
    ]);
  });
  it("unknown fields are refused by default, and reported or dropped by option", () => {
    const text = service("      restartPolicy: Never\n      containers:\n      - image: ghcr.io/acme/hello\n");
    expect(brief(check(text))).toEqual(['8:7 error unknown field "spec.template.spec.restartPolicy"']);
    expect(brief(check(text, { fieldValidation: "warn" }))[0]).toMatch(/^8:7 warning unknown field/);
    expect(brief(check(text, { fieldValidation: "ignore" }))).toEqual([]);
  });
  it("a refused field names the feature gate that allows it, and gates of options and ConfigMaps apply", () => {
    const text = service("      nodeSelector: {a: b}\n      containers:\n      - image: ghcr.io/acme/hello\n");
    const gate = "kubernetes.podspec-nodeselector";
    expect(check(text)[0]?.fix).toContain(gate);
    const noEffect = ["8:7 warning spec.template.spec.nodeSelector has no effect here: there is one node"];
    expect(brief(check(text, { gates: { [gate]: "Enabled" } }))).toEqual(noEffect);
    const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-features, namespace: knative-serving}\ndata: {${gate}: allowed}\n`;
    const both = validateFiles(
      [
        { name: "config.yaml", text: map },
        { name: "s.yaml", text },
      ],
      { mode: "validate" },
    );
    expect(brief(both.diagnostics)).toEqual(noEffect);
  });
  it("a finding without a path has the location of the field of its feature gate", () => {
    const two = service(
      "      containers:\n      - image: ghcr.io/a/b\n        ports: [{}]\n      - image: ghcr.io/a/c\n",
    );
    expect(brief(check(two, { gates: { "multi-container": "Disabled" } }))).toEqual([
      "8:7 error multi-container is off, but found 2 containers",
    ]);
  });
  it("every value of the wrong type is reported, with a suggestion of missing quotes", () => {
    const text = service(
      "      containers:\n      - image: ghcr.io/a/b\n        env:\n        - {name: A, value: 5}\n        - {name: B, value: yes}\n",
    );
    const diagnostics = check(text);
    expect(diagnostics.map(({ line, fix }) => [line, fix])).toEqual([
      [11, "put the value in quotes"],
      [12, "put the value in quotes"],
    ]);
  });
  it("invalid values in ConfigMaps of knative-serving are reported at their key", () => {
    const map =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-autoscaler, namespace: knative-serving}\ndata:\n  stable-window: 1s\n";
    expect(brief(check(map))).toEqual(["5:18 error stable-window = 1s, must be in [6s; 1h0m0s] range"]);
  });
  it("validate refuses removed API versions, and up runs them with a warning", () => {
    const old = service("      containers:\n      - image: ghcr.io/a/b\n").replace("/v1\n", "/v1beta1\n");
    expect(brief(check(old))).toEqual([
      "1:13 error serving.knative.dev/v1beta1 is no longer served by Knative; use serving.knative.dev/v1",
    ]);
    const run = validateFiles([{ name: "s.yaml", text: old }], { mode: "up" });
    expect(brief(run.diagnostics)[0]).toMatch(/^1:13 warning/);
    expect(run.objects[0]?.object.apiVersion).toBe("serving.knative.dev/v1");
    const runLatest =
      "apiVersion: serving.knative.dev/v1alpha1\nkind: Service\nmetadata: {name: a}\nspec:\n  runLatest: {}\n";
    const refused = validateFiles([{ name: "s.yaml", text: runLatest }], { mode: "up" });
    expect(brief(refused.diagnostics).join()).toContain("5:3 error spec.runLatest belongs to");
    expect(refused.objects).toEqual([]);
  });
  it("an unknown kind is an error in Knative's groups, else a warning", () => {
    expect(brief(check("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\n"))[0]).toMatch(
      /^2:7 warning no matches for kind "NetworkPolicy"/,
    );
    expect(brief(check("apiVersion: serving.knative.dev/v1\nkind: Servce\n"))[0]).toMatch(/^2:7 error no matches/);
    expect(brief(check("kind: Service\n"))).toEqual(["1:1 error apiVersion not set"]);
    expect(brief(check("- a\n"))[0]).toMatch(/a manifest must be a mapping/);
  });
  it("the items of a List are validated", () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {x: 1}\n`;
    expect(brief(check(text))[0]).toMatch(/^7:13 error json: cannot unmarshal number/);
  });
});
