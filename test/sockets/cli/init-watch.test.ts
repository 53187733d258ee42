// `knap init --watch` of the built CLI: the rules from a Dockerfile are written to knap.yaml, and only there.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KnapHome, serviceYaml } from "../../support/knap.ts";

let home: KnapHome;
let folder: string;
const read = (): string => readFileSync(join(folder, "knap.yaml"), "utf8");
beforeEach(() => {
  home = new KnapHome();
  folder = home.project({
    "service.yaml": serviceYaml("hello"),
    Dockerfile:
      'FROM node\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\nCOPY src ./src\nCMD ["node", "src/main.js"]\n',
    "package.json": "{}",
  });
  mkdirSync(join(folder, "src"));
});
afterEach(() => home[Symbol.dispose]());

test("a new knap.yaml names its schema and has the rules; existing rules are never changed", async () => {
  expect(await home.run(["init", "--watch"], folder)).toMatchObject({
    code: 0,
    stdout: "hello: wrote 3 rules to knap.yaml\n",
  });
  const [first = "", ...lines] = read().split("\n");
  const schema = /^# yaml-language-server: \$schema=(.*)$/.exec(first)?.[1] ?? "";
  expect(JSON.parse(readFileSync(schema, "utf8"))).toMatchObject({ title: "knap.yaml" });
  expect(lines.join("\n")).toContain("- { path: ./src, target: /app/src, action: sync+restart }");
  expect(await home.run(["validate"], folder)).toMatchObject({ code: 0 });
  const written = read();
  const again = await home.run(["init", "--watch"], folder);
  expect(again).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("hello: no rules written: knap.yaml has rules already"),
  });
  expect(read()).toBe(written);
});

test("rules are added to an existing knap.yaml with its comments, also for a project in another folder", async () => {
  writeFileSync(join(folder, "knap.yaml"), "# mine\nservices: { hello: { build: . } } # the only one\n");
  expect(await home.run(["init", "--watch", "--dir", "project"])).toMatchObject({ code: 0 });
  expect(read()).toMatch(/^# mine\nservices:[\s\S]*build: \.[\s\S]*action: rebuild[\s\S]*# the only one/);
  expect(read()).not.toContain("yaml-language-server");
});

test("a Service without rules in its Dockerfile is named with the reason, and nothing is written", async () => {
  writeFileSync(join(folder, "Dockerfile"), "FROM node\nCOPY . /app\nRUN npm run build\nCMD node /app/dist\n");
  const { code, stderr } = await home.run(["init", "--watch"], folder);
  expect(code).toBe(1);
  expect(stderr).toContain("hello: no rules written: RUN npm run build may change the sources");
  expect(() => read()).toThrow();
  expect(await home.run(["init", "node", "--watch"], folder)).toMatchObject({ code: 2 });
});
