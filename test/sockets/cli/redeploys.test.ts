// Watch mode of the built CLI: changes that nobody made by hand do not make revision after revision.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { KnapHome } from "../../support/knap.ts";

const server = `import { createServer } from "node:http";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
writeFileSync("visits.json", String(Date.now()));
appendFileSync("app.log", "started\\n");
mkdirSync("__pycache__", { recursive: true });
writeFileSync("__pycache__/app.pyc", String(Date.now()));
writeFileSync("ignored.dat", String(Date.now()));
createServer((_, response) => response.end("ok")).listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit());
`;
const service = `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec: { template: { spec: { containers: [{ image: dev.local/test/hello, command: [node, server.mjs] }] } } }
`;

let home: KnapHome;
let folder: string;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
  folder = join(home.folder, "project");
  mkdirSync(folder);
  write("service.yaml", service);
  write(".gitignore", "*.dat\n");
});
afterEach(() => home[Symbol.dispose]());

test("files that the instance writes, .gitignore excludes or knap writes make no endless revisions (11 C1)", async () => {
  write("server.mjs", server);
  const knap = home.start(["up", "--ui", "json"], folder);
  const changed = () => knap.events.filter(({ type }) => type === "synced");
  await knap.until(({ text }) => String(text).includes("visits.json changes again and again"));
  // A write during a restart cancels the sync and starts the next one.
  const rounds = changed().length;
  expect(rounds).toBeLessThanOrEqual(5);
  expect(changed().every(({ files }) => String(files) === "visits.json")).toBe(true);
  await sleep(3000);
  expect(changed()).toHaveLength(rounds);
  write("server.mjs", `${server}// edited\n`);
  await eventually(() => expect(changed().at(-1)).toMatchObject({ files: expect.arrayContaining(["server.mjs"]) }));
  const edited = changed().length;
  await sleep(3000);
  // On a busy machine, the instance's own writes come so late that they may count as a person's for some rounds.
  expect(changed().length).toBeLessThanOrEqual(edited + 5);
  expect(await knap.interrupt()).toMatchObject({ code: 0 });
});

test("a file to which knap's own output is redirected makes no revision (11 C1)", async () => {
  write("server.mjs", server.replace(/^(write|append|mkdir).*\n/gm, ""));
  const output = openSync(join(folder, "progress.txt"), "a");
  const cli = new URL("../../../dist/cli.js", import.meta.url).pathname;
  const args = [cli, "up", "--ui", "plain", "-v"];
  const knap = spawn(process.execPath, args, { cwd: folder, env: home.env, stdio: ["ignore", output, output] });
  closeSync(output);
  const progress = () => readFileSync(join(folder, "progress.txt"), "utf8");
  const ended = new Promise((resolve) => knap.once("exit", resolve));
  try {
    await eventually(() => expect(progress()).toContain("is ready (hello-00001)"), 20_000);
    await sleep(3000);
    expect(progress()).not.toMatch(/new revision|restarted/);
  } finally {
    knap.kill("SIGINT");
    await ended;
  }
});

test("the sources of a command in the manifest are watched in its folder; elsewhere a notice says that they are not (11 C2)", async () => {
  write("server.mjs", server.replace(/^(write|append|mkdir).*\n/gm, ""));
  const knap = home.start(["up", "--ui", "json"], folder);
  await knap.until(({ type }) => type === "ready");
  write("server.mjs", `${server.replace(/^(write|append|mkdir).*\n/gm, "")}// edited\n`);
  await knap.until(({ type, files }) => type === "synced" && JSON.stringify(files) === '["server.mjs"]');
  expect(await knap.interrupt()).toMatchObject({ code: 0 });
  const elsewhere = home.start(["up", "--ui", "json", "-f", folder], home.folder);
  const notice = await elsewhere.until(({ text }) => String(text).includes("changed sources have no effect"));
  expect(notice["text"]).toContain("services.hello.command");
  expect(await elsewhere.interrupt()).toMatchObject({ code: 0 });
});

test("files that are saved during the first deployment are deployed after it (11 A2)", async () => {
  const source = server.replace(/^(write|append|mkdir).*\n/gm, "");
  write("server.mjs", source);
  const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n---\n`;
  const others = Array.from({ length: 300 }, (_, index) => configMap(`other-${index}`)).join("");
  write("service.yaml", configMap("first-config") + others + service);
  const knap = home.start(["up", "--ui", "json"], folder);
  // The first deployment applies these objects one after the other; the source is read before.
  await knap.until(({ type, object }) => type === "applied" && String(object).includes("first-config"));
  write("server.mjs", `${source}// edited\n`);
  await knap.until(({ type, files }) => type === "synced" && JSON.stringify(files) === '["server.mjs"]');
  expect(await knap.interrupt()).toMatchObject({ code: 0 });
});
