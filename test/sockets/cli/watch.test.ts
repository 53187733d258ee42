// Tests watch mode of the built CLI on processes: the effect of each kind of saved file.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { get, KnapHome, type RunningKnap } from "../../support/knap.ts";

const app = `import { createServer } from "node:http";
createServer((_, response) => response.end(JSON.stringify({ ...process.env, PID: process.pid })))
  .listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit());
`;
const settings = (greeting: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { greeting: ${greeting}, unused: "1" }\n`;
const service = (more = ""): string => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec:
${more}  template:
    spec:
      containers:
        - image: dev.local/test/hello
          env:
            - { name: GREETING, valueFrom: { configMapKeyRef: { name: settings, key: greeting } } }
            - { name: PASSWORD, valueFrom: { secretKeyRef: { name: db, key: PASSWORD } } }
`;

let home: KnapHome;
let folder: string;
let knap: RunningKnap;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const reported = (text: string) => knap.until((event) => JSON.stringify(event).includes(text));
let address: string;
const answer = async (): Promise<Record<string, string>> => JSON.parse((await get(address)).text);
const expectAnswer = (expected: Record<string, string>) =>
  eventually(async () => expect(await answer()).toMatchObject(expected), 15_000);

beforeEach(async () => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
  folder = join(home.folder, "project");
  mkdirSync(folder);
  write("server.mjs", app);
  write("service.yaml", service());
  write("settings.yaml", settings("one"));
  write(".env.local", "PASSWORD=secret\n");
  write(
    "knap.yaml",
    'files: [service.yaml, settings.yaml]\nsecrets: { db: { from: .env.local } }\nservices: { hello: { command: ["node", "server.mjs"] } }\n',
  );
  knap = home.start(["up", "--ui", "json"], folder);
  const ready = await knap.until(({ type }) => type === "ready");
  address = String(ready["address"]);
});
afterEach(async () => {
  await knap.interrupt();
  home[Symbol.dispose]();
});

describe("a saved file", () => {
  test("a changed ConfigMap or Secret of the environment restarts the instance of the same revision", async () => {
    const first = await answer();
    expect(first).toMatchObject({ GREETING: "one", PASSWORD: "secret" });
    write("settings.yaml", settings("two"));
    await reported("hello-00001: ConfigMap settings changed, its instance restarts");
    await expectAnswer({ GREETING: "two", K_REVISION: "hello-00001" });
    write(".env.local", "PASSWORD=changed\n");
    await reported("hello-00001: Secret db changed");
    await expectAnswer({ PASSWORD: "changed", K_REVISION: "hello-00001" });
    const { PID } = await answer();
    write("settings.yaml", settings("two").replace('unused: "1"', 'unused: "2"'));
    const applied = () => knap.events.filter(({ object }) => object === "configmap/settings");
    await eventually(() => expect(applied()).toHaveLength(3));
    write("settings.yaml", `${settings("two").replace('unused: "1"', 'unused: "2"')}# a comment\n`);
    write("server.mjs", `${app}// this change follows all restarts\n`);
    await eventually(async () => expect((await answer())["PID"]).not.toBe(PID), 15_000);
    expect(knap.events.filter(({ text }) => String(text).includes("instance restarts"))).toHaveLength(2);
  });

  test("changed code restarts the process in the same revision, and a changed command makes a new revision", async () => {
    const { PID } = await answer();
    write("server.mjs", app.replace("PID: process.pid", 'PID: process.pid, CODE: "two"'));
    await expectAnswer({ CODE: "two", K_REVISION: "hello-00001" });
    expect((await answer())["PID"]).not.toBe(PID);
    const synced = await knap.until(({ type }) => type === "synced");
    expect(synced).toMatchObject({ files: ["server.mjs"], copied: 0, instances: 1, dirty: 0 });
    const { restartedMs, servedMs } = synced["times"] as Record<string, number>;
    expect(servedMs).toBeGreaterThanOrEqual(restartedMs ?? Number.POSITIVE_INFINITY);
    const text = "files: [service.yaml, settings.yaml]\nsecrets: { db: { from: .env.local } }\n";
    write("knap.yaml", `${text}services: { hello: { command: ["node", "./server.mjs"] } }\n`);
    await expectAnswer({ CODE: "two", K_REVISION: "hello-00002" });
  });

  test("a process that reloads changed code by itself is not restarted, which is said once", async () => {
    const { PID } = await answer();
    const text = "files: [service.yaml, settings.yaml]\nsecrets: { db: { from: .env.local } }\n";
    write(
      "knap.yaml",
      `${text}services: { hello: { command: ["npm", "run", "dev"], develop: { reload: restart } } }\n`,
    );
    write("package.json", '{ "scripts": { "dev": "node --watch server.mjs" } }');
    await expectAnswer({ K_REVISION: "hello-00002" });
    write("knap.yaml", `${text}services: { hello: { command: ["npm", "run", "dev"] } }\n`);
    await reported("`npm run dev` reloads changed code, so knap does not restart it");
    write("server.mjs", app.replace("PID: process.pid", 'PID: process.pid, CODE: "two"'));
    await expectAnswer({ CODE: "two", K_REVISION: "hello-00002" });
    expect((await answer())["PID"]).not.toBe(PID);
    expect(knap.events.filter(({ type }) => type === "synced")).toEqual([]);
  });

  test("many quick saves of code end in the last state", async () => {
    for (let at = 1; at <= 50; at++) {
      write("server.mjs", app.replace("PID: process.pid", `PID: process.pid, CODE: "${at}"`));
      await sleep(60);
    }
    await expectAnswer({ CODE: "50", K_REVISION: "hello-00001" });
  });

  test("an invalid manifest changes nothing and its line is shown; a corrected one is reported as valid", async () => {
    write("service.yaml", service("  trafic: []\n"));
    const broken = await knap.until(({ type }) => type === "file");
    expect(broken).toMatchObject({
      place: "service.yaml:5:3",
      severity: "error",
      excerpt: [expect.stringContaining("trafic: []"), expect.stringMatching(/^ +\^$/)],
    });
    expect(await answer()).toMatchObject({ K_REVISION: "hello-00001" });
    write("service.yaml", service());
    await reported("the files are valid again");
  });

  test("a change of traffic makes no new revision, also if the editor replaces the file", async () => {
    write("service.yaml", service("  traffic: [{ latestRevision: true, percent: 100, tag: now }]\n"));
    await reported("service.serving.knative.dev/hello");
    write("next.tmp", service("  traffic: [{ latestRevision: true, percent: 100, tag: then }]\n"));
    rmSync(join(folder, "service.yaml"));
    renameSync(join(folder, "next.tmp"), join(folder, "service.yaml"));
    await eventually(async () => {
      const { stdout } = await home.run(["get", "ksvc", "hello", "-o", "jsonpath={.status.traffic[*].tag}"], folder);
      expect(stdout.trim()).toBe("then");
    }, 15_000);
    expect(await answer()).toMatchObject({ K_REVISION: "hello-00001" });
  });

  test("objects of a listed file are deleted two seconds after the file, and created again when it is back", async () => {
    rmSync(join(folder, "service.yaml"));
    await knap.until(({ type }) => type === "deleted");
    write("service.yaml", service());
    await eventually(() => expect(knap.events.filter(({ type }) => type === "ready")).toHaveLength(2), 15_000);
  });

  test("knap names a changed setting that takes effect only at the next start", async () => {
    write(
      "knap.yaml",
      'files: [service.yaml, settings.yaml]\nport: 28099\nsecrets: { db: { from: .env.local } }\nservices: { hello: { command: ["node", "server.mjs"] } }\n',
    );
    await reported("knap.yaml: port: takes effect at the next start");
  });
});
