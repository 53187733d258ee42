// Tests what the built CLI says about bad input, wrong flags and Services that do not become Ready.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KnapHome, serviceYaml } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

describe("knap ci with a Service that does not become Ready", () => {
  const server = `import { createServer } from "node:http";
    createServer((request, reply) => { reply.statusCode = request.url === "/health" ? 503 : 200; reply.end(); }).listen(process.env.PORT);`;

  test("names the probe, its container and its last result in text, annotation and JUnit report (11 B8, 11 C5)", async () => {
    const probe = "readinessProbe: { httpGet: { path: /health }, periodSeconds: 1 }";
    const folder = home.project({
      "service.yaml": serviceYaml("sick").replace(
        "dev.local/test/sick",
        `dev.local/test/sick, command: [node, server.mjs], ${probe}`,
      ),
      "server.mjs": server,
    });
    home.env["GITHUB_ACTIONS"] = "true";
    const report = join(home.folder, "report.xml");
    const done = await home.run(["ci", "--timeout", "8s", "--junit", report], folder);
    const cause = 'readiness probe of container "user-container" failed: HTTP probe failed with statuscode: 503';
    expect(done.code).toBe(4);
    expect(done.stderr).toMatch(
      /^::error file=service.yaml,line=3,title=knap::Service sick was not Ready in time%0A.*readiness probe of container/m,
    );
    expect(done.stderr.split("\n").filter((line) => line.startsWith("  ") && line.includes(cause))).toHaveLength(1);
    expect(done.stderr).not.toMatch(/OutOfDate|still working/);
    expect(readFileSync(report, "utf8")).toMatch(
      /<failure message="Service sick[^>]*readiness probe of container &quot;/,
    );
  });

  test("prints the cause of a failure once (11 C5)", async () => {
    const folder = home.project({
      "service.yaml": serviceYaml("bye").replace("test/bye", "test/bye, command: [sh, -c, exit]"),
    });
    const done = await home.run(["ci"], folder);
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining("must keep running and listen on PORT") });
    expect(done.stderr.match(/ExitCode0/g)).toHaveLength(1);
  });
});

describe("bad input", () => {
  test("Knative's warning about insecure defaults stands once in short, and with -v in full (11 C6)", async () => {
    const folder = home.project({ "service.yaml": ["a", "b", "c"].map(serviceYaml).join("---\n") });
    const short = await home.run(["validate"], folder);
    expect(short.code).toBe(0);
    expect(short.stdout).toBe("");
    expect(short.stderr.match(/securityContext: 3 places/g)).toHaveLength(1);
    const full = await home.run(["validate", "-v"], folder);
    expect(full.stdout.match(/Kubernetes default value is insecure/g)).toHaveLength(3);
  });

  test.each([
    [["version", "-o", "xml"], "Expected json"],
    [["up", "--port", "abc"], "Expected a whole number from 1 to 65535"],
    [["get", "ksvc", "-o", "xml"], "Expected wide, json, yaml, name, url, jsonpath=…"],
    [["logs", "a", "--tail", "many"], "Expected a whole number of at least 0"],
    [["wait", "ksvc/a", "--for", "delete", "--timeout", "soon"], "Expected a duration"],
    [["delete", "ksvc", "a", "--cascade", "maybe"], "Expected background, foreground or orphan"],
    [["explain", "pod/a"], "name a Service or revision/NAME"],
    [["scale", "a", "many"], "Expected a whole number"],
    [["clock", "advance", "soon"], "is not a duration"],
    [["completion", "tcsh"], "Expected bash, zsh or fish"],
    [["help", "frob"], 'there is no command "frob"'],
    [["init", "a", "--template", "nod"], "Expected node, typescript, python, go or websocket"],
  ])("knap %j is refused without a session, with what is allowed (11 C7)", async (args, text) => {
    expect(await home.run(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(text) });
  });

  test("`knap init NAME` makes a folder and a Service of that name (11 C7)", async () => {
    expect(await home.run(["init", "shop"])).toMatchObject({ code: 0, stdout: expect.stringContaining("shop/") });
    expect(readFileSync(join(home.folder, "shop", "service.yaml"), "utf8")).toContain("name: shop");
    expect(await home.run(["validate", "-f", "shop"])).toMatchObject({ code: 0 });
    expect(await home.run(["init", "Bad_Name"])).toMatchObject({ code: 2 });
  });

  test("a JUnit report that cannot be written is a usage error; the report of a run that did not start gives the reason", async () => {
    const folder = home.project({ "service.yaml": serviceYaml("a"), file: "" });
    const refused = await home.run(["ci", "--junit", "file/report.xml", "--", "true"], folder);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("JUnit report") });
    expect(refused.stderr).not.toContain("created");
    writeFileSync(join(folder, "service.yaml"), "kind: Nonsense\n");
    expect(await home.run(["ci", "--junit", "out/report.xml", "--", "true"], folder)).toMatchObject({ code: 2 });
    expect(readFileSync(join(folder, "out", "report.xml"), "utf8")).toMatch(
      /1 error in your files[\s\S]*CMD did not run/,
    );
  });

  test("invalid YAML exits with code 2, prints the location and starts nothing", async () => {
    const folder = home.project({ "service.yaml": serviceYaml("a").replace("containers", "conainers") });
    const done = await home.run(["up", "--ui", "plain"], folder);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/service\.yaml:4:\d+: error: unknown field/);
    expect(done.stderr).toContain("nothing was applied");
  });

  test("a missing manifest, unknown command, unknown flag or unknown session exits with code 2 and a remedy", async () => {
    const folder = home.project({});
    expect(await home.run(["up"], folder)).toMatchObject({ code: 2, stderr: expect.stringContaining("knap init") });
    expect(await home.run(["frobnicate"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no command "frobnicate"'),
    });
    expect(await home.run(["get", "ksvc", "--frob"])).toMatchObject({ code: 2 });
    expect(await home.run(["get", "ksvc"])).toMatchObject({ code: 2, stderr: expect.stringContaining("knap up") });
  });

  test("a taken port of --port exits with code 3 and names the port", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const done = await home.run(["up", "-f", hello, "--port", String(port)]);
    server.close();
    expect(done.code).toBe(3);
    expect(done.stderr).toContain(String(port));
    expect(home.sessions()).toEqual([]);
  });
});
