// A Docker engine of a test's own, to be killed and started again without hurting anybody. Linux and root only; its folder and processes are its own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDockerRuntime } from "../../src/node/runtime/docker/docker-runtime.ts";
import { eventually } from "./eventually.ts";
import { isRunning, unmountBelow } from "./test-folder.ts";

const DOCKERD = ["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"].find((path) => existsSync(path));

/** Why no private engine can be started here; undefined: it can. */
export const privateEngineLack =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs Linux and root"
    : DOCKERD && existsSync("/usr/bin/setpriv")
      ? undefined
      : "needs dockerd and setpriv";

export interface PrivateEngine {
  readonly host: string;
  start(): Promise<void>;
  /** SIGTERM, or SIGKILL as if the machine had lost it. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  close(): Promise<void>;
}

const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: "ignore" });

/** A bridge for the engine: without one of its own it would take, or with `none` even remove, the machine's docker0. */
function makeBridge(): { readonly name: string; remove(): void } {
  removeAbandonedBridges();
  const name = `knapt${process.pid}`;
  ip("link", "add", name, "type", "bridge");
  ip("addr", "add", `10.214.${1 + (process.pid % 250)}.1/24`, "dev", name);
  ip("link", "set", name, "up");
  return { name, remove: () => ip("link", "del", name) };
}

/** Those of test processes that were killed. */
function removeAbandonedBridges(): void {
  for (const name of readdirSync("/sys/class/net")) {
    const [, pid] = /^knapt(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) ip("link", "del", name);
  }
}

/** Starts an engine in a folder of its own, on a bridge of its own, with no firewall rules. `dataRoot`: where it keeps images and containers. */
export async function openPrivateEngine({ dataRoot }: { readonly dataRoot?: string } = {}): Promise<PrivateEngine> {
  const folder = mkdtempSync(join(tmpdir(), "knap-engine-"));
  const data = dataRoot ?? join(folder, "data");
  const host = `unix://${folder}/docker.sock`;
  const bridge = makeBridge();
  let daemon: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    // What a killed engine left would keep the next one from starting.
    for (const stale of ["pid", "exec/containerd/containerd.pid"]) rmSync(join(folder, stale), { force: true });
    daemon = spawn(
      "setpriv",
      [
        // It ends with the test's process, however that ends.
        ...["--pdeathsig", "SIGTERM", DOCKERD as string],
        ...["--data-root", data, "--exec-root", `${folder}/exec`, "--pidfile", `${folder}/pid`],
        ...["-H", host, "--bridge", bridge.name, "--iptables=false"],
      ],
      { stdio: "ignore" },
    );
    await eventually(async () => {
      const runtime = await openDockerRuntime({ env: { DOCKER_HOST: host }, address: "direct" });
      await runtime.close();
    }, 30_000);
  };
  const stop = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    const gone = daemon;
    if (!gone || !isUp(gone)) return;
    const exited = new Promise((resolve) => gone.once("exit", resolve));
    gone.kill(signal);
    await exited;
  };
  await start();
  return {
    host,
    start,
    stop,
    close: async () => {
      // An engine that was killed has left its containers running; only an engine can end them and take its networks down.
      if (!isUp(daemon)) await start();
      await clear(`${folder}/docker.sock`);
      await stop("SIGTERM");
      // An engine mounts its data folder onto itself, and a killed one leaves more.
      unmountBelow(folder);
      unmountBelow(data);
      bridge.remove();
      await eventually(() => rmSync(folder, { recursive: true, force: true }), 10_000, 200);
    },
  };
}

function isUp(daemon: ChildProcess | undefined): boolean {
  return daemon !== undefined && daemon.exitCode === null && daemon.signalCode === null;
}

/** Removes all containers and networks of this engine. */
async function clear(socketPath: string): Promise<void> {
  const containers = (await call(socketPath, "GET", "/containers/json?all=1")) as { Id: string }[];
  for (const { Id } of containers) await call(socketPath, "DELETE", `/containers/${Id}?force=1&v=1`);
  await call(socketPath, "POST", "/networks/prune");
}

function call(socketPath: string, method: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path }, async (reply) => {
      const text = (await reply.setEncoding("utf8").toArray()).join("");
      resolve(text === "" ? undefined : JSON.parse(text));
    });
    asked.once("error", reject);
    asked.end();
  });
}
