// Limits and reports of `knap ci`, with the built CLI and Services that run as processes.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KnapHome } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

const read = (name: string): string => readFileSync(join(home.folder, name), "utf8");
const callTwice = ["--", "sh", "-c", "curl -s $KNAP_URL && curl -s $KNAP_URL"];

test("a run writes its report as page, Markdown or data, and adds to GitHub's summary", async () => {
  home.env["GITHUB_STEP_SUMMARY"] = join(home.folder, "summary.md");
  writeFileSync(join(home.folder, "summary.md"), "# before\n");
  const limits = ["--max-p99", "30s", "--max-memory", "4Gi", "--max-pods", "5"];
  const run = await home.run(["ci", "-f", hello, "--report", "out/r.json", ...limits, ...callTwice]);
  expect(run.code, run.stderr).toBe(0);
  expect(JSON.parse(read("out/r.json"))).toMatchObject({
    apiVersion: "knap.dev/v1",
    kind: "CiReport",
    services: [{ service: "default/hello", requests: { answered: 2, failed: 0 } }],
    memory: [{ pod: expect.stringContaining("default/hello-00001-") }],
    logs: [],
  });
  expect(read("summary.md")).toMatch(/^# before\n## knap ci: passed in /);
  expect(read("summary.md")).toContain("| ✅ | 99 % of the requests take at most 30s |");
});

test("an exceeded limit fails the run, with the Service's line, and the report has the last output", async () => {
  home.env["GITHUB_ACTIONS"] = "true";
  const broken = home.project({
    "service.yaml": `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: broken
spec:
  template:
    spec:
      containers:
        - image: dev.local/broken
          command: [node, -e, "console.log('I give up'); process.exit(3)"]
`,
  });
  const failed = await home.run(["ci", "-f", broken, "--report", "r.html"]);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.stderr).toContain("::error file=project/service.yaml,line=4,title=knap::Service broken failed");
  expect(read("r.html")).toContain("I give up");
  expect(read("r.html")).toContain('<span class="failed">failed</span>');

  const large = await home.run(["ci", "-f", hello, "--max-memory", "1Mi", "--junit", "j.xml", ...callTwice]);
  expect(large).toMatchObject({ code: 1, stderr: expect.stringMatching(/used \d+ MiB, more than 1 MiB/) });
  expect(read("j.xml")).toContain('name="a pod uses at most 1 MiB"');
});

test("a report of an unknown format and a wrong size are refused before anything starts", async () => {
  expect(await home.run(["ci", "-f", hello, "--report", "r.pdf"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("end the name with .html, .md, .json"),
  });
  expect(await home.run(["ci", "-f", hello, "--max-memory", "big"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("a quantity such as 200Mi"),
  });
});
