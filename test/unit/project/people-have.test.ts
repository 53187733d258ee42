// Files as people have them: exported objects, other encodings, other tools' files, URLs.
import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { namesOf, serviceText, TestProject } from "../../support/project.ts";

let project: TestProject;
const write: TestProject["write"] = (files) => project.write(files);
const load: TestProject["load"] = (...request) => project.load(...request);
beforeEach(() => {
  project = new TestProject();
});
afterEach(() => project[Symbol.dispose]());

const exported = `apiVersion: v1
kind: List
metadata: { resourceVersion: "" }
items:
- apiVersion: serving.knative.dev/v1
  kind: Service
  metadata:
    annotations:
      serving.knative.dev/creator: alice@example.com
      serving.knative.dev/lastModifier: alice@example.com
      team: web
    creationTimestamp: "2026-01-01T00:00:00Z"
    generation: 3
    managedFields: [{ manager: kubectl }]
    name: hello
    namespace: default
    resourceVersion: "812"
    uid: 0c8a7f6e-0000-0000-0000-000000000000
  spec:
    template:
      metadata: { creationTimestamp: null }
      spec:
        containerConcurrency: 0
        containers: [{ image: dev.local/app, name: user-container, readinessProbe: { successThreshold: 1, tcpSocket: { port: 0 } }, resources: {} }]
        enableServiceLinks: false
        timeoutSeconds: 300
    traffic: [{ latestRevision: true, percent: 100 }]
  status:
    conditions: [{ status: "True", type: Ready }]
    url: http://hello.default.example.com
`;

describe("output of kubectl get -o yaml", () => {
  test.each(["up", "validate"] as const)(
    "fields that the server sets are dropped with one warning a file (%s) (11 B4)",
    async (mode) => {
      write({ "service.yaml": exported });
      const { objects, findings } = await load([], { strictness: { mode, fieldValidation: "strict" } });
      expect(objects[0]?.metadata).toEqual({ name: "hello", namespace: "default", annotations: { team: "web" } });
      expect(objects[0]).not.toHaveProperty("status");
      const message = expect.stringMatching(/^the server sets these fields, so knap ignores them: /);
      expect(findings).toMatchObject([{ severity: "warning", line: 12, message }]);
      expect(findings[0]?.message).toContain("metadata.uid");
      expect(findings[0]?.message).toContain("status");
    },
  );

  test("empty fields that generators write are dropped without a warning (11 B4)", async () => {
    write({
      "service.yaml": `${serviceText("hello").replace("{ name: hello }", "{ name: hello, creationTimestamp: null }")}status: {}\n`,
    });
    const { objects, findings } = await load();
    expect(findings).toEqual([]);
    expect(objects[0]).not.toHaveProperty("status");
  });
});

describe("encodings", () => {
  const text = `${serviceText("hello")}# ümläut\n`;
  const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
  test.each([
    ["UTF-16 little endian", utf16],
    ["UTF-16 big endian", Buffer.from(utf16).swap16()],
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${text}`)],
  ])("%s is read (11 B5)", async (_, bytes) => {
    write({ "service.yaml": bytes, "knap.yaml": Buffer.from("\ufeffvalidate: warn\n") });
    const loaded = await load();
    expect([namesOf(loaded), loaded.findings]).toEqual([["Service/hello"], []]);
  });

  test("text in another encoding is refused with its line (11 B5)", async () => {
    write({ "service.yaml": Buffer.from(text, "latin1") });
    expect((await load()).findings).toMatchObject([
      { line: 6, message: "cannot be read: it is not UTF-8 text", fix: "save it as UTF-8" },
    ]);
  });

  test("a file of more than 8 MiB is refused before it is parsed (11 A7)", async () => {
    write({ "service.yaml": Buffer.alloc(8 * 1024 * 1024 + 1, "#") });
    expect((await load()).findings).toMatchObject([{ message: "cannot be read: it is larger than 8 MiB" }]);
  });

  test("JSON objects one after the other are all read (11 B5)", async () => {
    const object = (name: string) =>
      JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1" } }, undefined, "\t");
    write({ "all.json": `${object("a")}\n${object("b")}` });
    expect(namesOf(await load(["all.json"]))).toEqual(["ConfigMap/a", "ConfigMap/b"]);
  });
});

describe("files of other tools", () => {
  const fixes = async (files: readonly string[]) => (await load(files)).findings.map(({ fix }) => fix);

  test("-k renders a kustomize folder with the user's kubectl, and -f names -k (11 B5)", async () => {
    write({
      "kust/kustomization.yaml": "resources: [s.yaml]\nnamePrefix: my-\n",
      "kust/s.yaml": serviceText("hello"),
    });
    expect(execFileSync("kubectl", ["version", "--client"]).length).toBeGreaterThan(0);
    expect(namesOf(await load([], { kustomize: ["kust"] }))).toEqual(["Service/my-hello"]);
    expect(await fixes(["kust"])).toEqual(["render it: -k kust"]);
    expect(await fixes(["kust/kustomization.yaml"])).toEqual(["render it: -k kust"]);
    write({ "bad/kustomization.yaml": "resources: [none.yaml]\n" });
    const { findings } = await load([], { kustomize: ["bad"] });
    expect(findings).toMatchObject([{ file: "bad (kustomize)", message: expect.stringContaining("none.yaml") }]);
  });

  test("without kubectl, -k says what is missing (11 B5)", async () => {
    const { PATH } = process.env;
    process.env["PATH"] = project.folder;
    try {
      const { findings } = await load([], { kustomize: ["."] });
      expect(findings).toMatchObject([{ message: "cannot be read: -k needs kubectl, which is not in the PATH" }]);
    } finally {
      process.env["PATH"] = PATH;
    }
  });

  test("a Helm chart and its templates name the command that renders them (11 B5)", async () => {
    write({
      "chart/Chart.yaml": "apiVersion: v2\nname: x\n",
      "chart/values.yaml": "a: 1\n",
      "chart/templates/a.yaml": serviceText("x").replace("{ name: x }", "{ name: {{ .Release.Name }} }"),
      "chart/templates/b.yaml": `${serviceText("x")}{{- if .Values.a }}\n  labels: {}\n{{- end }}\n`,
      "chart/templates/c.yaml": serviceText('"{{ .Release.Name }}"'),
    });
    expect(await fixes(["chart"])).toEqual(["render it: helm template chart | knap up -f -"]);
    for (const [name, line] of [
      ["a", 3],
      ["b", 6],
      ["c", 3],
    ] as const) {
      expect((await load([`chart/templates/${name}.yaml`])).findings).toMatchObject([
        { severity: "error", line, fix: "render it: helm template chart | knap up -f -" },
      ]);
    }
  });

  test("a Go template inside a valid ConfigMap is no Helm template (11 B5)", async () => {
    const domain =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: config-network, namespace: knative-serving }\ndata: { domain-template: "{{.Name}}.{{.Domain}}" }\n';
    write({ "a.yaml": domain });
    expect((await load(["a.yaml"])).findings).toEqual([]);
  });

  test("an error at a variable names envsubst; a variable in a valid value is left alone (11 B5)", async () => {
    write({
      "a.yaml": serviceText("hello", "", "app").replace(
        "{ spec: { containers: [{ image: app }] } }",
        "\n    spec:\n      containers:\n        - image: gcr.io/$" + "{PROJECT}/app",
      ),
      "b.yaml": serviceText("$NAME"),
    });
    expect(await fixes(["a.yaml"])).toEqual(["render it: envsubst < a.yaml | knap up -f -"]);
    expect(await fixes(["b.yaml"])).toEqual(["render it: envsubst < b.yaml | knap up -f -"]);
    write({ "long.yaml": serviceText("x".concat("$", "{a").repeat(5000)) });
    expect((await load(["long.yaml"])).findings.length).toBeGreaterThan(0);
    write({
      "c.yaml": serviceText("hello").replace("image: dev.local/app", "image: dev.local/app, args: ['$HOME']"),
    });
    expect((await load(["c.yaml"])).findings).toEqual([]);
  });

  test("func.yaml and a folder without manifests say what they are (11 B5)", async () => {
    write({
      "fn/func.yaml": "specVersion: 0.36.0\nname: x\n",
      "app/Dockerfile": "",
      "app/src/a.js": "",
      "app/k8s/s.yaml": serviceText("x"),
    });
    expect((await load(["fn"])).findings).toMatchObject([{ message: "this is a function project", file: "fn" }]);
    expect((await load(["fn/func.yaml"])).findings[0]?.fix).toContain("func build");
    write({ "func.yaml": "specVersion: 0.36.0\nname: x\n" });
    expect((await load()).findings).toMatchObject([{ severity: "warning", message: "this is a function project" }]);
    expect((await load(["app"])).findings).toMatchObject([
      {
        message:
          "there is no manifest in this folder: it has Dockerfile, k8s/, src/; looked for *.yaml, *.yml and *.json, not in subfolders",
        fix: "use -f app/k8s",
      },
    ]);
  });
});

describe("a URL", () => {
  let server: Server;
  let address = "";
  beforeEach(async () => {
    server = createServer((request, response) => {
      if (request.url === "/s.yaml") response.end(serviceText("remote"));
      else if (request.url === "/page") response.setHeader("content-type", "text/html; charset=utf-8").end("<html>");
      else if (request.url === "/large") response.end(Buffer.alloc(9 * 1024 * 1024, "#"));
      else response.writeHead(404).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  test("is fetched, and its failures are findings (11 B5)", async () => {
    const loaded = await load([`${address}/s.yaml`]);
    expect([namesOf(loaded), loaded.inputs, loaded.services[0]?.build]).toEqual([["Service/remote"], [], undefined]);
    const message = async (path: string) => (await load([address + path])).findings[0]?.message;
    expect(await message("/none")).toBe("cannot be read: the server answers 404 Not Found");
    expect(await message("/page")).toBe("cannot be read: the server sends a web page");
    expect(await message("/large")).toBe("cannot be read: it is larger than 8 MiB");
    const { findings } = await load(["http://127.0.0.1:1/s.yaml"]);
    expect(findings[0]?.message).toMatch(/^cannot be read: fetch failed/);
  });
});
