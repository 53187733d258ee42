// Tests the built CLI on processes, without Docker: exit codes, sessions, interrupts, and leftovers of a dead session.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { get, KnapHome, serviceYaml } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("knap ci", () => {
  test("`knap ci` passes the Service's addresses to CMD, exits with CMD's exit code and leaves nothing behind", async () => {
    const script =
      "const r = await fetch(process.env.KNAP_URL); console.log(await r.text(), process.env.KNAP_HOST_HELLO); process.exit(7)";
    const done = await home.run(["ci", "-f", hello, "--", process.execPath, "--input-type=module", "-e", script]);
    expect(done).toMatchObject({
      code: 7,
      stdout: expect.stringMatching(/Hello World![\s\S]*hello\.default\.localhost:\d+/),
    });
    expect(home.sessions()).toEqual([]);
  });

  test("flags set the limits for clients and override knap.yaml", async () => {
    const command = JSON.stringify([process.execPath, join(hello, "server.mjs")]);
    const folder = home.project({
      "knap.yaml": `max-header-bytes: 512000\nheader-timeout: 1s\nservices: { hello: { command: ${command} } }\n`,
      "service.yaml": readFileSync(join(hello, "service.yaml"), "utf8"),
    });
    const script = `
      import { connect } from "node:net";
      const { host, port, hostname } = new URL(process.env.KNAP_URL);
      const send = (text) => new Promise((resolve) => {
        const socket = connect(Number(port), "127.0.0.1");
        let received = "";
        socket.on("data", (data) => (received += data)).on("error", () => {}).on("close", () => resolve(received.split("\\r\\n")[0]));
        socket.write("GET / HTTP/1.1\\r\\nHost: " + host + "\\r\\nConnection: close\\r\\n" + text);
      });
      const large = "X-Large: " + "x".repeat(3000) + "\\r\\n\\r\\n";
      console.log(JSON.stringify([await send("\\r\\n"), await send(large), await send("X-Slow")]));`;
    const args = ["ci", "--max-header-bytes", "2048", "--", process.execPath, "--input-type=module", "-e", script];
    const done = await home.run(args, folder);
    expect(done.stdout + done.stderr).toContain(
      JSON.stringify(["HTTP/1.1 200 OK", "HTTP/1.1 431 Request Header Fields Too Large", ""]),
    );
    expect(await home.run(["up", "--max-connections", "none"], folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'none' is invalid. Expected a whole number of at least 1."),
    });
  });

  test("`knap ci` without CMD succeeds if the Service is Ready, and the JUnit report shows that", async () => {
    const report = join(home.folder, "report.xml");
    expect(await home.run(["ci", "-f", hello, "--junit", report])).toMatchObject({ code: 0 });
    expect(readFileSync(report, "utf8")).toContain('name="default/hello becomes Ready"');
  });

  test("`knap ci --max-cold-start` measures the first start, and fails if nothing was measured (11 C5)", async () => {
    const report = join(home.folder, "report.xml");
    const slow = await home.run(["ci", "-f", hello, "--max-cold-start", "1ms", "--junit", report]);
    expect(slow.code).toBe(1);
    expect(slow.stderr).toMatch(/the first start of pod default\/hello-00001-.* took .*, more than 1ms/);
    expect(readFileSync(report, "utf8")).toMatch(/<failure message="the first start/);
    expect(await home.run(["ci", "-f", hello, "--max-cold-start", "60s"])).toMatchObject({ code: 0 });
    const folder = home.project({
      "service.yaml": serviceYaml("idle").replace(
        "template: {",
        "template: { metadata: { annotations: { autoscaling.knative.dev/initial-scale: '0' } },",
      ),
      "knap.yaml": `config: { autoscaler: { allow-zero-initial-scale: "true" } }\nservices: { idle: { command: [sleep, '60'] } }\n`,
    });
    const none = await home.run(["ci", "--max-cold-start", "60s"], folder);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("no start was measured") });
  });

  test("Ctrl-C before Ready is reported as an interrupt in the JUnit report, not as an error of knap (11 C4)", async () => {
    const report = join(home.folder, "report.xml");
    const folder = home.project({
      "service.yaml": serviceYaml("mute"),
      "knap.yaml": "services: { mute: { command: [sleep, '60'] } }\n",
    });
    const running = home.start(["ci", "--junit", report, "--ui", "json"], folder);
    await running.until(({ type }) => type === "applied");
    expect(await running.interrupt()).toMatchObject({ code: 130 });
    expect(readFileSync(report, "utf8")).toContain("interrupted");
    expect(readFileSync(report, "utf8")).not.toContain("internal error");
  });

  test("`knap ci` serves https with a certificate of the stored authority", async () => {
    const port = await freePort();
    const name = "hello.default.localhost";
    const at = { host: "127.0.0.1", port, servername: name, headers: { host: name }, agent: false };
    const script = `import { get } from "node:https";
      get(${JSON.stringify(at)}, (reply) => reply.on("end", () => console.log(reply.statusCode)).pipe(process.stdout))`;
    const trust = `NODE_EXTRA_CA_CERTS=${join(home.folder, "knap", "authority", "authority.pem")}`;
    const command = ["env", trust, process.execPath, "--input-type=module", "-e", script];
    const done = await home.run(["ci", "-f", hello, "--https-port", String(port), "--", ...command]);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Hello World!.*\n200\n$/) });
  });

  test("`knap ci` fails soon if the Service exits at once, and prints its output instead of naming `knap logs` (11 C4)", async () => {
    const folder = home.project({
      "service.yaml": serviceYaml("bad"),
      "knap.yaml": 'services: { bad: { command: [sh, -c, "echo no database >&2; exit 3"] } }\n',
    });
    const started = Date.now();
    const done = await home.run(["ci"], folder);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("no database");
    expect(done.stderr).not.toContain("knap logs");
    expect(Date.now() - started).toBeLessThan(30_000);
  });

  test("`knap ci` exits with the code of a timeout if the Service never listens", async () => {
    const folder = home.project({
      "service.yaml": serviceYaml("mute"),
      "knap.yaml": "services: { mute: { command: [sleep, '60'] } }\n",
    });
    expect(await home.run(["ci", "--timeout", "2s"], folder)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("was not Ready in time"),
    });
  });

  test.each(["https", "http"])(
    "CMD of `knap ci` calls the API over %s with its variables and kubeconfig",
    async (scheme) => {
      const script = `
      const { KNAP_API, KNAP_API_TOKEN, KNAP_API_CA, KUBECONFIG } = process.env;
      const { readFileSync } = require("node:fs");
      const headers = { authorization: "Bearer " + KNAP_API_TOKEN };
      const ca = KNAP_API_CA && readFileSync(KNAP_API_CA);
      const { server } = JSON.parse(readFileSync(KUBECONFIG, "utf8")).clusters[0].cluster;
      const { get } = require(KNAP_API.startsWith("https:") ? "node:https" : "node:http");
      get(KNAP_API + "/api/v1/namespaces", { headers, ca }, (message) => {
        message.resume();
        console.log(KNAP_API.split(":")[0], message.statusCode, server.includes(KNAP_API_TOKEN));
      });`;
      const command = [process.execPath, "-e", script];
      const done = await home.run(["ci", "-f", hello, "--api-scheme", scheme, "--", ...command]);
      expect(done).toMatchObject({ code: 0, stdout: `${scheme} 200 ${scheme === "http"}\n` });
    },
  );

  test("a CMD of `knap ci` that does not exist is a usage error, and the last line of stderr says so", async () => {
    const done = await home.run(["ci", "-f", hello, "--", "no-such-program"]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('knap: "no-such-program" cannot be run');
    expect(done.stderr.trim().split("\n").at(-1)).toBe('knap: "no-such-program" did not run');
  });
});

describe("a session", () => {
  const up = (...args: string[]) => home.start(["up", "-f", hello, "--ui", "json", ...args]);

  test("other commands find a session, its files are private, and `knap down` ends it", async () => {
    const running = up();
    await running.until(({ type }) => type === "ready");
    const [id = ""] = home.sessions();
    const folder = join(home.folder, "knap", id);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "kubeconfig")).mode & 0o777).toBe(0o600);
    expect(
      (await home.run(["get", "ksvc", "hello", "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"]))
        .stdout,
    ).toBe("True\n");
    expect((await home.run(["get", "ksvc", "-o", "name"])).stdout).toBe("service.serving.knative.dev/hello\n");
    expect((await home.run(["get", "ksvc", "none"])).stderr).toContain('services.serving.knative.dev "none" not found');
    expect(await home.run(["wait", "ksvc/hello", "--for", "condition=Ready"])).toMatchObject({
      code: 0,
      stdout: "service.serving.knative.dev/hello condition met\n",
    });
    expect((await home.run(["logs", "hello"])).stdout).toContain("listening on");
    expect(await home.run(["logs", "nobody"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('services.serving.knative.dev "nobody" not found'),
    });
    expect(await home.run(["logs", "secret/x"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("pod/NAME"),
    });
    expect(await home.run(["wait", "ksvc/hello", "--for", "condition=Redy", "--timeout", "1s"])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("no such condition, but ConfigurationsReady, Ready, RoutesReady"),
    });
    expect((await home.run(["describe", "ksvc/hello"])).stdout).toContain("ConfigurationsReady");
    expect((await home.run(["explain", "hello"])).stdout).toContain("hello-00001: ");
    expect((await home.run(["down", "--list"])).stdout).toContain(id);
    expect(await home.run(["delete", "ksvc", "hello"])).toMatchObject({ code: 0 });
    expect((await home.run(["get", "pods"])).stderr).toContain("No resources found");
    expect(await home.run(["down"])).toMatchObject({ code: 0, stdout: `session ${id} ended (${home.folder})\n` });
    expect(await running.finished).toMatchObject({ code: 0 });
    expect(home.sessions()).toEqual([]);
  });

  test("a session ends with its processes when its output is closed", async () => {
    for (const stream of ["stdout", "stderr"] as const) {
      const running = home.start(["up", "--ui", stream === "stdout" ? "json" : "plain", "-f", hello]);
      await eventually(() => expect(running[stream]).toMatch(/ready.*hello-00001/));
      running.child[stream]?.destroy();
      expect(await running.finished).toMatchObject({ code: 0 });
      expect(home.sessions()).toEqual([]);
    }
  });

  test("the next start ends the processes of a session killed by SIGKILL, and none of a live session", async () => {
    const dead = up();
    await dead.until(({ type }) => type === "ready");
    const living = up();
    const { url } = await living.until(({ type }) => type === "ready");
    const [address] = dead.events.filter(({ type }) => type === "ready").map(({ address }) => String(address));
    const orphan = Number(/process (\d+)/.exec((await get(address ?? "")).text)?.[1]);
    dead.child.kill("SIGKILL");
    await dead.finished;
    expect(alive(orphan)).toBe(true);
    expect(await home.run(["ci", "-f", hello])).toMatchObject({ code: 0 });
    await eventually(() => expect(alive(orphan)).toBe(false));
    expect((await get(String(url))).status).toBe(200);
    expect(home.sessions()).toHaveLength(1);
    expect(await living.interrupt()).toMatchObject({ code: 0 });
  });

  test("a second Ctrl-C ends the session at once while a request is in flight", async () => {
    const folder = home.project({
      "service.yaml": serviceYaml("slow"),
      "slow.mjs":
        'import { createServer } from "node:http"; createServer(() => {}).listen(process.env.PORT); process.on("SIGTERM", () => {});',
      "knap.yaml": `services: { slow: { command: [${JSON.stringify(process.execPath)}, slow.mjs] } }\n`,
    });
    const running = home.start(["up", "--ui", "json"], folder);
    const { address } = await running.until(({ type }) => type === "ready");
    const pending = get(String(address)).catch(() => undefined);
    await new Promise((done) => setTimeout(done, 300));
    const started = Date.now();
    running.child.kill("SIGINT");
    setTimeout(() => running.child.kill("SIGINT"), 400);
    expect(await running.finished).toMatchObject({ code: 0 });
    expect(Date.now() - started).toBeLessThan(4000);
    await pending;
    expect(home.sessions()).toEqual([]);
  });
});
