// The JSON of every command has the fields that docs/output.md lists.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KnapHome, type RunningKnap } from "../../support/knap.ts";

const page = readFileSync(new URL("../../../docs/output.md", import.meta.url), "utf8");
type Answer = Readonly<Record<string, unknown>>;

const APP = `
  import { createServer } from "node:http";
  console.log("listening");
  createServer((_, answer) => answer.end("ok")).listen(process.env.PORT);
`;

/** Returns the cell of a kind: its fields, then those of its elements. */
function fieldsOf(kind: string): readonly (readonly string[])[] {
  const cell = new RegExp(`^\\| \`${kind}\` \\|[^|]*\\|(.*)\\|$`, "m").exec(page)?.[1];
  if (cell === undefined) throw new Error(`docs/output.md has no kind ${kind}`);
  return cell.split("`items[]`:").map((part) => [...part.matchAll(/`([\w?]+)`/g)].map(([, name = ""]) => name));
}

function expectFields(value: Answer, fields: readonly string[]): void {
  const required = fields.filter((name) => !name.endsWith("?"));
  const allowed = new Set(fields.map((name) => name.replace("?", "")));
  expect(Object.keys(value)).toEqual(expect.arrayContaining(required));
  expect(Object.keys(value).filter((name) => !allowed.has(name))).toEqual([]);
}

/** Checks the answer against the page. */
function check(kind: string, text: string): Answer {
  const { apiVersion, kind: found, ...answer } = JSON.parse(text) as Answer & { readonly items?: readonly Answer[] };
  expect({ apiVersion, kind: found }).toEqual({ apiVersion: "knap.dev/v1", kind });
  const [own = [], ofItems] = fieldsOf(kind);
  expectFields(answer, ofItems === undefined ? own : [...own, "items"]);
  for (const item of answer.items ?? []) expectFields(item, ofItems ?? []);
  return answer;
}

let home: KnapHome;
let folder: string;
let knap: RunningKnap;
beforeAll(async () => {
  // Without an engine, doctor is fast.
  home = new KnapHome({ KNAP_RUNTIME: "process", DOCKER_HOST: "unix:///nonexistent/docker.sock" });
  const service = `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec: { template: { spec: { containers: [{ image: dev.local/test/hello }] } } }
`;
  folder = home.project({
    "service.yaml": service,
    "bad.yaml": service.replace("image:", "imagee:"),
    "server.mjs": APP,
    "knap.yaml": 'files: [service.yaml]\nservices: { hello: { command: ["node", "server.mjs"] } }\n',
    "trace.csv": "0,5,1\n",
  });
  knap = home.start(["up", "--ui", "json"], folder);
  await knap.until(({ type }) => type === "ready");
});
afterAll(async () => {
  await knap.interrupt();
  home[Symbol.dispose]();
});

test.each([
  ["Version", "version"],
  ["DoctorReport", "doctor"],
  ["SessionList", "down --list"],
  ["Kubeconfig", "kubeconfig"],
  ["TemplateList", "init --list"],
  ["InitReport", "init shop"],
  ["AgentsFile", "init --agents"],
  ["ValidationReport", "validate -f bad.yaml"],
  ["SimulationReport", "simulate --load trace.csv"],
  ["ExplanationList", "explain hello"],
  ["LogLine", "logs hello"],
  ["ClockState", "clock"],
  ["FaultList", "fault hello latency --delay 1ms"],
  ["FaultList", "fault"],
  ["LoadReport", "load hello --rate 5 --duration 1s"],
  ["DebugEnd", "debug hello --off"],
  ["DebugStateList", "debug"],
  ["ScaleRequest", "scale hello 1"],
])("the %s of `knap %s` has the fields of docs/output.md", async (kind, command) => {
  const { stdout, stderr } = await home.run([...command.split(" "), "-o", "json"], folder);
  expect(stdout, stderr).not.toBe("");
  const answer = check(kind, kind === "LogLine" ? (stdout.split("\n")[0] ?? "") : stdout);
  if (kind === "LogLine") expect(answer).toMatchObject({ line: "listening", time: expect.stringMatching(/Z$/) });
});

test("every event of `--ui json` and the report of `knap ci` have their kinds, also if the run fails", async () => {
  for (const { apiVersion, kind } of knap.events)
    expect({ apiVersion, kind }).toEqual({ apiVersion: "knap.dev/v1", kind: "ProgressEvent" });
  const { stdout } = await home.run(["ci", "--ui", "json", "--report", "report.json", "--", "false"], folder);
  expect(check("CiReport", readFileSync(join(folder, "report.json"), "utf8"))).toMatchObject({
    cases: [{ name: "default/hello becomes Ready" }, { name: "false", code: "COMMAND_FAILED" }],
  });
  expect(stdout).toContain('"type":"ready"');
  const failed = await home.run(["ci", "--ui", "json", "-f", "nowhere.yaml"], folder);
  const last = JSON.parse(failed.stdout.trim().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ kind: "ProgressEvent", type: "error", exitCode: 2 });
});

test.each([
  ["NOT_FOUND", 1, "get ksvc nobody"],
  ["NOT_FOUND", 1, "logs nobody"],
  ["USAGE", 2, "explain hello --last x"],
  ["USAGE", 2, "frobnicate"],
  ["NO_SESSION", 2, "clock --session 00000000"],
  ["TIMEOUT", 4, "wait ksvc/hello --for condition=Never --timeout 1s"],
])(
  "with -o json, the error %s (exit code %i) of `knap %s` is one line of JSON on stderr",
  async (code, exitCode, command) => {
    const { stdout, stderr, code: exited } = await home.run([...command.split(" "), "-o", "json"], folder);
    expect(exited).toBe(exitCode);
    expect(stdout).toBe("");
    expect(check("Error", stderr)).toMatchObject({ code, exitCode });
  },
);

test("wait and delete print Kubernetes' objects, kill and down their own answers", async () => {
  const run = async (...args: readonly string[]) => (await home.run([...args, "-o", "json"], folder)).stdout;
  expect(JSON.parse(await run("wait", "ksvc/hello", "--for", "condition=Ready"))).toMatchObject({
    kind: "Service",
    status: { url: expect.any(String) },
  });
  const { items } = JSON.parse(await run("get", "pods")) as {
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  };
  check("PodKill", await run("kill", items[0]?.metadata.name ?? ""));
  const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: extra }\n";
  writeFileSync(join(folder, "extra.yaml"), configMap);
  await run("apply", "-f", "extra.yaml");
  expect(JSON.parse(await run("delete", "cm", "extra"))).toMatchObject({
    kind: "ConfigMap",
    metadata: { name: "extra" },
  });
  const down = check("DownReport", await run("down"));
  expect(down).toMatchObject({ ended: [expect.stringMatching(/^[0-9a-f]{8}$/)], leftovers: [] });
});
