// Tests exec, attach, port-forward and logs with Kubernetes' JavaScript client, and with the kubectl on PATH if it
// streams over WebSocket, as 1.31 and later do.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { Attach, Exec, KubeConfig, PortForward, type V1Status } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it as test } from "vitest";
import { makeKubeconfig } from "../../src/client/kubeconfig.ts";
import { eventually } from "../support/eventually.ts";
import { openSession, type TestSession } from "../support/session.ts";

/** Returns the minor version of the kubectl on PATH; 0 without one. */
function kubectlMinor(): number {
  try {
    const text = execFileSync("kubectl", ["version", "--client", "-o", "json"], { encoding: "utf8", stdio: "pipe" });
    return Number.parseInt((JSON.parse(text) as { clientVersion: { minor: string } }).clientVersion.minor, 10);
  } catch {
    return 0;
  }
}

interface Forwarding {
  readonly ports: readonly number[];
  stop(): Promise<string>;
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const it = test.skipIf(kubectlMinor() < 31);

describe.each(["process", "docker"] as const)("clients of the %s runtime", (kind) => {
  let session: TestSession;
  let home: string;
  let pod: string;

  const environment = () => ({
    PATH: process.env["PATH"],
    HOME: home,
    KUBECONFIG: join(home, "config"),
    TERM: "dumb",
  });
  const run = (file: string, args: readonly string[], input?: string | Buffer): Promise<Outcome> => {
    const child = spawn(file, args, { env: environment(), timeout: 30_000 });
    child.stdin.end(input);
    const texts = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("latin1").on("data", (chunk: string) => {
        texts[stream] += chunk;
      });
    }
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, ...texts })));
  };
  const kubectl = (...args: readonly string[]): Promise<Outcome> => run("kubectl", args);
  const inContainer = (...command: readonly string[]): Promise<Outcome> =>
    kubectl("exec", pod, "-c", "user-container", "--", ...command);
  /** Starts kubectl port-forward. `stop` resolves with what it wrote to stderr. */
  const startForwarding = async (...args: readonly string[]): Promise<Forwarding> => {
    const child = spawn("kubectl", ["port-forward", ...args], { env: environment(), timeout: 60_000 });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    const ports = await eventually(() => {
      const found = [...stdout.matchAll(/127\.0\.0\.1:(\d+) ->/g)].map(([, port]) => Number(port));
      if (found.length < args.length - 1) throw new Error(`kubectl: ${stdout} ${stderr}`);
      return found;
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const stop = async (): Promise<string> => {
      child.kill();
      await ended;
      return stderr;
    };
    return { ports, stop };
  };
  const clientConfig = (): KubeConfig => {
    const config = new KubeConfig();
    config.loadFromFile(join(home, "config"));
    return config;
  };
  const kubectlWith = (input: string | Buffer, ...args: readonly string[]): Promise<Outcome> =>
    run("kubectl", args, input);

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "knap-kubectl-"));
    const logging = new Map([["config-observability", { "logging.enable-request-log": "true" }]]);
    session = await openSession(kind, { configMaps: logging });
    writeFileSync(join(home, "config"), makeKubeconfig(session.emulator.api, "default"));
    await session.deploy("hello", {
      annotations: { "autoscaling.knative.dev/min-scale": "1" },
      env: { COLOUR: "blue" },
    });
    await session.ready("hello");
    pod = (await session.pods("hello"))[0]?.metadata.name ?? "";
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
  });

  it("kubectl exec prints both outputs, passes the environment, and exits with the command's code", async () => {
    const script = 'echo "$COLOUR $K_SERVICE"; echo oops >&2; exit 3';
    expect(await inContainer("sh", "-c", script)).toEqual({
      code: 3,
      stdout: "blue hello\n",
      stderr: "oops\ncommand terminated with exit code 3\n",
    });
  });

  it("kubectl exec -i sends input, and its end", async () => {
    const input = Buffer.alloc(3_000_000, "0123456789abcdef");
    const echoed = await kubectlWith(input, "exec", "-i", pod, "-c", "user-container", "--", "cat");
    expect([echoed.code, echoed.stdout === input.toString("latin1")]).toEqual([0, true]);
  });

  it("kubectl exec says what is wrong with the pod, the container and the command", async () => {
    const errorOf = async (...args: readonly string[]): Promise<string> => (await kubectl("exec", ...args)).stderr;
    expect(await errorOf("nobody", "--", "true")).toBe('Error from server (NotFound): pods "nobody" not found\n');
    expect(await errorOf(pod, "-c", "other", "--", "true")).toBe(
      `Error from server (BadRequest): container other is not valid for pod ${pod}\n`,
    );
    expect(await errorOf(pod, "-c", "queue-proxy", "--", "true")).toContain(
      "container queue-proxy is a part of knap and has no process or files of its own, choose one of: [user-container]",
    );
    const missing = await inContainer("no-such-command");
    expect([missing.code, missing.stdout + missing.stderr]).toEqual([
      kind === "docker" ? 126 : 1,
      expect.stringMatching(/no-such-command.*not found/s),
    ]);
    expect((await kubectl("debug", pod, "--image=busybox")).stderr).toContain("does not run ephemeral containers");
  });

  it("kubectl cp brings files to the container and back", async () => {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    const [there, source, back] = [join(home, "there.bin"), join(home, "source.bin"), join(home, "back.bin")];
    const remote = kind === "docker" ? "/tmp/there.bin" : there;
    writeFileSync(source, content);
    // The image has tar in its shell only.
    if (kind === "docker") await inContainer("busybox", "ln", "-s", "busybox", "/bin/tar");
    expect(await kubectl("cp", "-c", "user-container", source, `${pod}:${remote}`)).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(await kubectl("cp", "-c", "user-container", `${pod}:${remote}`, back)).toMatchObject({ code: 0 });
    expect(readFileSync(back).equals(content)).toBe(true);
  });

  it("kubectl exec -it gives the command a terminal of the client's size; a process has none", async () => {
    const inner = `stty rows 33 cols 101; kubectl exec -it ${pod} -c user-container -- sh -c "sleep 0.3; stty size; tty"`;
    const { stdout } = await run("script", ["-qec", inner, join(home, "typescript")]);
    if (kind === "docker") expect(stdout).toContain("33 101\r\n/dev/pts/0");
    else expect(stdout).toContain("a process has no terminal: leave out -t, or use Docker");
  });

  test("the JavaScript client runs a command with input, and gets its status", async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const outputs = Promise.all([text(stdout), text(stderr)]);
    const command = ["sh", "-c", "cat; echo done >&2; exit 4"];
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(clientConfig())
        .exec("default", pod, "user-container", command, stdout, stderr, Readable.from(["some input"]), false, resolve)
        .catch(reject);
    });
    expect(status).toMatchObject({
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "4" }] },
    });
    expect(await outputs).toEqual(["some input", "done\n"]);
  });

  it("kubectl port-forward serves many connections to a container, and the ports of its queue-proxy", async () => {
    const forward = await startForwarding(`pod/${pod}`, ":8080", ":9090");
    const [app = 0, metrics = 0] = forward.ports;
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(app, "/env")));
    for (const answer of answers) expect(JSON.parse(answer)).toMatchObject({ COLOUR: "blue" });
    const sent = "x".repeat(2_000_000);
    const echoed = await fetch(`http://127.0.0.1:${app}/echo`, { method: "POST", body: sent });
    expect(((await echoed.json()) as { body: string }).body === sent).toBe(true);
    expect(await get(metrics, "/metrics")).toMatch(/./);
    await forward.stop();
  });

  it("kubectl port-forward says which port it cannot reach", async () => {
    const forward = await startForwarding(`pod/${pod}`, ":4321");
    await expect(get(forward.ports[0] ?? 0, "/")).rejects.toThrow();
    expect(await forward.stop()).toMatch(/error forwarding port 4321 to pod hello-00001.*, uid .*: /);
  });

  it("kubectl attach and the JavaScript client show the output from now on, and attach -i needs standard input", async () => {
    const attached = spawn("kubectl", ["attach", pod, "-c", "user-container"], { env: environment(), timeout: 60_000 });
    const output = new PassThrough();
    const socket = await new Attach(clientConfig()).attach(
      "default",
      pod,
      "user-container",
      output,
      output,
      null,
      false,
    );
    let [printed, received] = ["", ""];
    attached.stdout.on("data", (chunk) => {
      printed += String(chunk);
    });
    output.on("data", (chunk) => {
      received += String(chunk);
    });
    await eventually(async () => {
      await session.fetch("hello", "/log?text=attached-now");
      expect(printed).toContain("attached-now\n");
      expect(received).toContain("attached-now\n");
    });
    const ended = new Promise((resolve) => attached.once("close", resolve));
    attached.kill();
    socket.close();
    await ended;
    const refused = await kubectlWith("input", "attach", "-i", pod, "-c", "user-container");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("has no standard input: attach without -i"),
    ]);
  });

  it("kubectl logs shows the request log of queue-proxy, in Knative's format", async () => {
    const logs = (...args: readonly string[]): Promise<Outcome> => kubectl("logs", pod, "-c", "queue-proxy", ...args);
    await session.fetch("hello", "/logged");
    const line = await eventually(async () => {
      const found = (await logs("--tail=1")).stdout;
      expect(found).toContain("/logged");
      return found;
    });
    expect(line.split("\n")).toEqual([expect.any(String), ""]);
    expect(JSON.parse(line)).toMatchObject({
      httpRequest: { requestMethod: "GET", requestUrl: "/logged", status: 404 },
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect((await logs("--tail=1", "--limit-bytes=9")).stdout).toBe(line.slice(0, 9));
    expect((await logs("--since-time=2100-01-01T00:00:00Z")).stdout).toBe("");
    const previous = `previous terminated container "queue-proxy" in pod "${pod}" not found`;
    expect((await logs("--previous")).stderr).toBe(`Error from server (BadRequest): ${previous}\n`);
  });

  test("the JavaScript client forwards a port", async () => {
    const forward = new PortForward(clientConfig());
    const server = createServer((socket) => {
      void forward.portForward("default", pod, [8080], socket, null, socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    expect(JSON.parse(await get((server.address() as AddressInfo).port, "/env"))).toMatchObject({ COLOUR: "blue" });
    server.close();
  });

  const onDocker = kind === "docker" ? it : test.skip;

  onDocker("kubectl run --rm -i sends input, shows the output, and exits with the container's code", async () => {
    const image = `--image=${session.image}`;
    const command = ["--command", "--", "sh", "-c", "cat; exit 3"];
    const ran = await kubectlWith("to the pod\n", "run", "task", "--rm", "-i", "--restart=Never", image, ...command);
    expect([ran.code, ran.stdout]).toEqual([3, expect.stringContaining("to the pod\n")]);
    expect((await kubectl("get", "pod", "task")).stderr).toContain("NotFound");
  });

  onDocker("kubectl run -it attaches to the terminal of the container, whose log has no frames", async () => {
    const options = `--restart=Never --image=${session.image} --command`;
    const command = "test -t 0 && kind=terminal; read line; echo $kind got $line";
    const inner = `kubectl run shell -it ${options} -- sh -c '${command}'`;
    const { stdout } = await run("script", ["-qec", inner, join(home, "typescript")], "typed\n");
    expect(stdout).toContain("terminal got typed");
    expect((await kubectl("logs", "shell")).stdout).toMatch(/terminal got typed\r?\n$/);
    expect((await kubectl("get", "pod", "shell", "-o", "jsonpath={.status.phase}")).stdout).toBe("Succeeded");
    await kubectl("delete", "pod", "shell");
  });

  it("kubectl logs --previous shows the run before a crash, and says when there was none", async () => {
    const previous = (): Promise<Outcome> => kubectl("logs", "--previous", pod, "-c", "user-container");
    expect((await previous()).stderr).toContain('previous terminated container "user-container"');
    await session.fetch("hello", "/log?text=last-words");
    await session.fetch("hello", "/exit");
    await eventually(async () => expect((await previous()).stdout).toContain("last-words"), 20_000);
  });
});

/** Sends a request on a new connection, which ends after the answer. */
async function get(port: number, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  return answer.text();
}
