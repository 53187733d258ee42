// Runs the built CLI as a user does: in its own process, with its own session and state folders.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

const cli = new URL("../../dist/cli.js", import.meta.url).pathname;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home for the sessions of one test. They do not see sessions of other homes. */
export class KnapHome implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "knap-home-"));
  /** The value of the label knap.dev/host on all resources that its sessions create. */
  readonly hostId = `test-${this.folder.slice(-6)}`;
  readonly env: NodeJS.ProcessEnv;
  readonly #started: RunningKnap[] = [];

  constructor(more: NodeJS.ProcessEnv = {}) {
    if (!existsSync(cli)) throw new Error("dist/cli.js is not there: run `npm run build` first");
    const { CI, GITHUB_ACTIONS, KNAP_SESSION, ...env } = process.env;
    const own = { XDG_RUNTIME_DIR: this.folder, XDG_STATE_HOME: this.folder, KNAP_HOST_ID: this.hostId };
    this.env = { ...env, ...own, ...more };
  }

  start(args: readonly string[], cwd = this.folder, nodeArgs: readonly string[] = []): RunningKnap {
    const child = spawn(process.execPath, [...nodeArgs, cli, ...args], {
      cwd,
      env: this.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const running = new RunningKnap(child);
    this.#started.push(running);
    return running;
  }

  run(args: readonly string[], cwd = this.folder, input = ""): Promise<Finished> {
    const running = this.start(args, cwd);
    running.child.stdin?.end(input);
    return running.finished;
  }

  /** Returns the names of the session folders. */
  sessions(): readonly string[] {
    return foldersIn(join(this.env["XDG_RUNTIME_DIR"] ?? this.folder, "knap"));
  }

  /** Writes the files of a project (name → text) and returns its folder. */
  project(files: Readonly<Record<string, string>>): string {
    const folder = join(this.folder, "project");
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  }

  /** Throws if a knap still runs, or if a knap that ended left its session folder behind. */
  [Symbol.dispose](): void {
    const running = this.#started.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    for (const { child } of running) child.kill("SIGTERM");
    const wasKilled = this.#started.some(({ child }) => child.signalCode === "SIGKILL");
    const sessions = wasKilled ? [] : this.sessions();
    rmSync(this.folder, { recursive: true, force: true });
    if (running.length > 0)
      throw new Error(`still running: ${running.map(({ child }) => child.spawnargs.slice(2).join(" "))}`);
    if (sessions.length > 0) throw new Error(`left behind: the folders of sessions ${sessions.join(", ")}`);
  }
}

/** Returns a manifest of a Service whose image does not exist. */
export const serviceYaml = (name: string): string =>
  `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { template: { spec: { containers: [{ image: dev.local/test/${name} }] } } }\n`;

/** Returns arguments of Node with which knap throws from a callback, or leaves a rejection unhandled, at SIGUSR2. */
export function faultAtSignal(how: "throw" | "reject"): readonly string[] {
  const fault = how === "throw" ? "throw error" : "Promise.reject(error)";
  const code = `process.on("SIGUSR2", () => { const error = new TypeError("injected fault"); ${fault}; });`;
  return ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
}

function foldersIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  const isState = (name: string): boolean => name === "authority" || name === "overlays";
  return entries.filter((entry) => entry.isDirectory() && !isState(entry.name)).map(({ name }) => name);
}

export class RunningKnap {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout = "";
  stderr = "";

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.finished = new Promise((resolve) => {
      child.once("close", (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** The progress events so far (`--ui json`). */
  get events(): readonly (Record<string, unknown> & { readonly type: string })[] {
    return this.stdout
      .split("\n")
      .flatMap((line) => (line.startsWith("{") && line.endsWith("}") ? [JSON.parse(line)] : []));
  }

  /** Resolves with the first matching progress event. */
  until(fits: (event: Record<string, unknown> & { readonly type: string }) => boolean, withinMs = 30_000) {
    return eventually(() => {
      const found = this.events.find(fits);
      if (found === undefined) throw new Error(`not yet:\n${this.stdout}\n${this.stderr}`);
      return found;
    }, withinMs);
  }

  /** Sends Ctrl-C and resolves when knap has ended. */
  interrupt(): Promise<Finished> {
    this.child.kill("SIGINT");
    return this.finished;
  }
}

/** Sends a GET to a URL whose host only browsers resolve: connects to loopback and sets Host. */
export function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, host, port, pathname, search } = new URL(url);
  const dialled = hostname.endsWith("localhost") ? "127.0.0.1" : hostname;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: dialled, port, path: pathname + search, headers: { host }, agent: false },
      (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (part: string) => (text += part));
        reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text }));
      },
    );
    outgoing.once("error", reject);
    outgoing.end();
  });
}
