// What the user can demand of manifests: traffic on the latest Revision, other names of Secrets, repeated objects.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Secret } from "../../../src/apis/core/types.ts";
import type { Service } from "../../../src/apis/serving/types.ts";
import { serviceText, TestProject } from "../../support/project.ts";

let project: TestProject;
const write: TestProject["write"] = (files) => project.write(files);
const load: TestProject["load"] = (...request) => project.load(...request);
beforeEach(() => {
  project = new TestProject();
});
afterEach(() => project[Symbol.dispose]());

describe("pinned traffic", () => {
  const split =
    "  traffic: [{ revisionName: hello-00042, percent: 90, tag: old }, { latestRevision: true, percent: 10 }]\n";

  test("a Revision that the files do not create is a warning that names --traffic latest (11 B6)", async () => {
    write({ "service.yaml": serviceText("hello", split) });
    const { findings, objects } = await load();
    expect(findings).toMatchObject([
      {
        severity: "warning",
        line: 5,
        message: expect.stringContaining('"hello-00042"'),
        fix: expect.stringContaining("--traffic latest"),
      },
    ]);
    expect((objects[0] as Service).spec.traffic?.[0]?.revisionName).toBe("hello-00042");
    write({ "service.yaml": serviceText("hello", split.replace("00042", "00001")) });
    expect((await load()).findings).toEqual([]);
  });

  test("traffic: latest sends all of it to the latest Revision and says so once (11 B6)", async () => {
    const route = `apiVersion: serving.knative.dev/v1\nkind: Route\nmetadata: { name: r }\nspec: { traffic: [{ revisionName: conf-00007, percent: 100 }] }\n`;
    const conf = serviceText("conf").replace("kind: Service", "kind: Configuration");
    write({
      "service.yaml": [serviceText("hello", split), route, conf].join("---\n"),
      "knap.yaml": "traffic: latest\n",
    });
    const { findings, objects } = await load();
    expect(findings).toMatchObject([
      { severity: "warning", line: 5, message: expect.stringMatching(/^traffic is latest/) },
    ]);
    expect((objects[0] as Service).spec.traffic).toEqual([
      { tag: "old", percent: 90, latestRevision: true },
      { percent: 10, latestRevision: true },
    ]);
    expect((objects[1] as Service).spec.traffic).toEqual([
      { configurationName: "conf", percent: 100, latestRevision: true },
    ]);
    expect((await load([], { traffic: "manifest" })).findings).toHaveLength(2);
  });
});

describe("Secrets that only a secret manager can name", () => {
  const user = serviceText("hello").replace(
    "image: dev.local/app",
    "image: dev.local/app, env: [{ name: K, valueFrom: { secretKeyRef: { name: API_KEY, key: latest } } }], envFrom: [{ secretRef: { name: OTHER } }]",
  );
  const everywhere = user.replace(
    "spec: { containers:",
    "spec: { imagePullSecrets: [{ name: OTHER }], volumes: [{ name: v, secret: { secretName: OTHER } }, { name: p, projected: { sources: [{ secret: { name: OTHER } }] } }], containers:",
  );

  test("pull secrets and volumes are mapped too; names that happen to be equal are not (11 B7)", async () => {
    write({
      "service.yaml": everywhere.replace("{ name: hello }", "{ name: hello, labels: { name: OTHER } }"),
      "knap.yaml": "secrets: { OTHER: { as: other }, API_KEY: { as: api-key } }\n",
    });
    const { objects } = await load();
    const { metadata, spec } = objects[0] as Service;
    expect(metadata.labels).toEqual({ name: "OTHER" });
    expect(spec.template.spec.imagePullSecrets).toEqual([{ name: "other" }]);
    expect(spec.template.spec.volumes).toEqual([
      { name: "v", secret: { secretName: "other" } },
      { name: "p", projected: { sources: [{ secret: { name: "other" } }] } },
    ]);
  });

  test("knap.yaml maps the name, in the Secret and in all references (11 B7)", async () => {
    write({
      "service.yaml": user,
      "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: { name: OTHER }\nstringData: { a: b }\n",
      ".env": "latest=xyz\n",
      "knap.yaml":
        "files: [service.yaml, secret.yaml]\nsecrets: { API_KEY: { from: .env, as: api-key }, OTHER: { as: other } }\n",
    });
    const { objects, findings } = await load();
    expect(findings).toEqual([]);
    expect(objects.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name)).toEqual([
      "api-key",
      "other",
    ]);
    expect((objects[0] as Secret).data).toEqual({ latest: Buffer.from("xyz").toString("base64") });
    const [container] = (objects.at(-1) as Service).spec.template.spec.containers;
    expect(container?.env?.[0]?.valueFrom?.secretKeyRef?.name).toBe("api-key");
    expect(container?.envFrom?.[0]?.secretRef?.name).toBe("other");
  });

  test("without a mapping, the finding names the key to write (11 B7)", async () => {
    write({ "service.yaml": user });
    const { findings } = await load();
    expect(findings.map(({ severity, line, fix }) => [severity, line, fix])).toEqual([
      ["warning", 5, "in knap.yaml: secrets: { API_KEY: { from: FILE, as: api-key } }"],
      ["warning", 5, "in knap.yaml: secrets: { OTHER: { from: FILE, as: other } }"],
    ]);
    write({ "service.yaml": "apiVersion: v1\nkind: Secret\nmetadata: { name: A_B }\n" });
    expect((await load()).findings).toMatchObject([
      { severity: "error", fix: "in knap.yaml: secrets: { A_B: { as: a-b } }" },
    ]);
  });

  test("a key of knap.yaml that is no valid name needs `as` (11 B7)", async () => {
    write({
      "service.yaml": serviceText("hello"),
      ".env": "a=b\n",
      "knap.yaml": "secrets: { API_KEY: { from: .env } }\n",
    });
    expect((await load()).findings).toMatchObject([
      {
        severity: "error",
        file: "knap.yaml",
        line: 1,
        column: 12,
        message: 'secrets.API_KEY: Kubernetes allows no Secret with the name "API_KEY"',
        fix: "in knap.yaml: secrets: { API_KEY: { from: .env, as: api-key } }",
      },
    ]);
  });
});

test("a Service that is defined twice is two objects and one Service of the project (11 B1)", async () => {
  write({
    "service.yaml": [serviceText("hello"), serviceText("hello")].join("---\n"),
    Dockerfile: 'FROM node:22\nCMD ["node", "a.mjs"]\n',
  });
  const { objects, services } = await load();
  expect(objects).toHaveLength(2);
  expect(services).toMatchObject([{ key: "default/hello", start: { command: ["node", "a.mjs"] } }]);
});
