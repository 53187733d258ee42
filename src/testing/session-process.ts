// Runs `knap harness`, the process of a session. A process of its own is independent of what test runners do to theirs:
// fake timers, module registries of jest, worker threads, a blocked event loop. It ends when the test's process ends.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { errorOf, HarnessError } from "./harness-error.ts";
import type { HarnessAnswer, HarnessVerb } from "./protocol.ts";

/** Paths of the program relative to dist/, dist/chunks/ and this source file. */
const PROGRAM_PATHS = ["./cli.js", "../cli.js", "../../dist/cli.js"];
/** Variables with which runners change how Node runs their own process. */
const RUNNER_VARIABLES = ["NODE_OPTIONS", "NODE_V8_COVERAGE", "NODE_CHANNEL_FD"];
/** Lines of progress that errors show. */
const KEPT_LINES = 40;

export interface SessionProcessOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly verbose: boolean;
}

interface Waiter {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class SessionProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiters = new Map<number, Waiter>();
  readonly #lines: string[] = [];
  readonly #exited: Promise<void>;
  #lastId = 0;
  #ended = "";

  constructor({ cwd, env, verbose }: SessionProcessOptions) {
    const program = PROGRAM_PATHS.map((path) => fileURLToPath(new URL(path, import.meta.url))).find(existsSync);
    if (program === undefined) throw new HarnessError("dist/cli.js of the package knap is missing: install knap again");
    if (!existsSync(cwd)) throw new HarnessError(`the option cwd names a folder that does not exist: ${cwd}`);
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !RUNNER_VARIABLES.includes(name)));
    const child = spawn(process.execPath, [program, "harness"], {
      cwd,
      env: { ...own, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("close", (code, signal) =>
        this.#end(`the session's process ended (${signal ?? `exit code ${code}`})`, resolve),
      );
      child.once("error", (error) => this.#end(`the session's process cannot start: ${error.message}`, resolve));
    });
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (line) => this.#receive(line, verbose));
    createInterface({ input: child.stderr }).on("line", (line) => this.#note(line, verbose));
    this.#keepRunnerAlive(false);
  }

  /** The last lines of progress, warnings and build output, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves with the result of the verb. Rejects with a {@link HarnessError} if it fails or the process ends. */
  request(verb: HarnessVerb): Promise<unknown> {
    if (this.#ended !== "") return Promise.reject(errorOf({ what: this.#ended }, this.#lines));
    this.#lastId += 1;
    const id = this.#lastId;
    const done = new Promise<unknown>((resolve, reject) => this.#waiters.set(id, { resolve, reject }));
    this.#keepRunnerAlive(true);
    this.#child.stdin.write(`${JSON.stringify({ id, ...verb })}\n`);
    return done;
  }

  /** Ends the session in order. Resolves when its process has ended. */
  async close(): Promise<void> {
    this.#keepRunnerAlive(true);
    this.#child.stdin.end();
    await this.#exited;
  }

  #receive(text: string, verbose: boolean): void {
    let answer: HarnessAnswer;
    try {
      answer = JSON.parse(text) as HarnessAnswer;
    } catch {
      this.#note(text, verbose);
      return;
    }
    if ("line" in answer) {
      this.#note(answer.line, verbose);
      return;
    }
    const waiter = this.#waiters.get(answer.id);
    this.#waiters.delete(answer.id);
    if (this.#waiters.size === 0) this.#keepRunnerAlive(false);
    if ("problem" in answer) waiter?.reject(errorOf(answer.problem, this.#lines));
    else waiter?.resolve(answer.result);
  }

  #note(text: string, verbose: boolean): void {
    if (verbose) process.stderr.write(`${text}\n`);
    this.#lines.push(...text.split("\n"));
    this.#lines.splice(0, Math.max(0, this.#lines.length - KEPT_LINES));
  }

  #end(why: string, resolve: () => void): void {
    this.#ended ||= why;
    for (const waiter of this.#waiters.values()) waiter.reject(errorOf({ what: this.#ended }, this.#lines));
    this.#waiters.clear();
    resolve();
  }

  /** A runner that forgets to close the harness can end. Then the streams close, and the session ends. */
  #keepRunnerAlive(isBusy: boolean): void {
    const verb = isBusy ? "ref" : "unref";
    this.#child[verb]();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      (stream as { ref?(): void; unref?(): void })[verb]?.();
    }
  }
}
