// Manifests as people have them, through the built CLI on processes.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { get, KnapHome } from "../../support/knap.ts";

const app = `import { createServer } from "node:http";
createServer((_, response) => response.end(process.env.TARGET + " " + process.env.K_REVISION))
  .listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit());
`;
/** One document of the Service, as in Knative's tag header sample. */
const revision = (name: string, target: string, traffic = ""): string => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: tags }
spec:
  template:
    metadata: { name: ${name} }
    spec:
      containers:
        - image: dev.local/test/tags
          env: [{ name: TARGET, value: ${target} }]
${traffic}`;
const split = `  traffic:
    - { revisionName: tags-one, percent: 100 }
    - { revisionName: tags-two, percent: 0, tag: next }
`;
const both = (target = "second"): string =>
  [revision("tags-one", "first"), revision("tags-two", target, split)].join("---\n");

let home: KnapHome;
let folder: string;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
  folder = join(home.folder, "project");
  mkdirSync(folder);
  write("server.mjs", app);
  write("knap.yaml", 'services: { tags: { command: ["node", "server.mjs"] } }\n');
});
afterEach(() => home[Symbol.dispose]());

describe("the same Service twice in one file", () => {
  test("up makes both revisions, its tag answers, and a saved file does not apply the first again (11 B1)", async () => {
    write("service.yaml", both());
    const knap = home.start(["up", "--ui", "json", "-f", "service.yaml"], folder);
    try {
      const { url } = await knap.until(({ type }) => type === "session");
      const at = (name: string): string => String(url).replace("localhost", `${name}.default.localhost`);
      await eventually(async () => expect((await get(at("next-tags"))).text).toBe("second tags-two"), 30_000);
      expect((await get(at("tags"))).text).toBe("first tags-one");
      const applied = () =>
        knap.events.filter(({ type, object }) => type === "applied" && String(object).includes("tags"));
      expect(applied()).toHaveLength(2);
      write("service.yaml", `${both()}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n`);
      await knap.until(({ object }) => object === "configmap/more");
      expect(applied()).toHaveLength(2);
      expect((await get(at("tags"))).text).toBe("first tags-one");
      const revisions = await home.run(["get", "revision", "-o", "name"], folder);
      expect(revisions.stdout.trim().split("\n")).toHaveLength(2);
      const again = await home.run(["apply", "-f", "service.yaml"], folder);
      const lines = again.stdout.split("\n").filter((line) => line.includes("/tags"));
      expect(lines).toEqual(Array(2).fill("service.serving.knative.dev/tags configured"));
    } finally {
      await knap.interrupt();
    }
  }, 90_000);

  test("ci waits for the Service once, and its command sees one Service (11 B1)", async () => {
    write("service.yaml", both());
    const script = "fetch(process.env.KNAP_URL).then(async (r) => console.log(await r.text()))";
    const done = await home.run(["ci", "-f", "service.yaml", "--", "node", "-e", script], folder);
    expect([done.code, done.stdout], done.stderr).toEqual([0, expect.stringContaining("first tags-one")]);
  }, 90_000);
});

describe("validate, up, ci and apply", () => {
  test("--traffic latest makes a Service Ready whose Revisions only the cluster has (11 B6)", async () => {
    const pinned = "  traffic: [{ revisionName: tags-00042, percent: 100 }]\n";
    write("service.yaml", revision("tags-one", "first", pinned));
    const validated = await home.run(["validate"], folder);
    expect(validated.stdout + validated.stderr).toContain("--traffic latest");
    const done = await home.run(["ci", "--traffic", "latest", "--timeout", "30s"], folder);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr.match(/traffic is latest/g)).toHaveLength(1);
  }, 90_000);

  test("100,000 documents are refused at once with the line (11 A7)", async () => {
    write("many.yaml", "---\n".repeat(100_000));
    const done = await home.run(["validate", "-f", "many.yaml"], folder);
    expect([done.code, done.stdout + done.stderr]).toEqual([
      2,
      expect.stringContaining("many.yaml:10001:1: error: there are more than 10000 documents"),
    ]);
  }, 60_000);
});
