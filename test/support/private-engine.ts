// Starts a separate Docker engine that a test can kill and start again. Linux and root only.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDockerRuntime } from "../../src/node/runtime/docker/docker-runtime.ts";
import { eventually } from "./eventually.ts";
import { isRunning, unmountBelow } from "./test-folder.ts";

const DOCKERD = ["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"].find((path) => existsSync(path));

/** Returns why no engine can be started here; undefined if one can. */
export const privateEngineLack =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs Linux and root"
    : DOCKERD && existsSync("/usr/bin/setpriv")
      ? undefined
      : "needs dockerd and setpriv";

export interface PrivateEngine {
  readonly host: string;
  start(): Promise<void>;
  /** Stops the engine with SIGTERM, or kills it with SIGKILL. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  close(): Promise<void>;
}

const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: "ignore" });

/**
 * The engine needs its own bridge: otherwise it would use the machine's docker0, or remove it with the setting `none`.
 */
function makeBridge(): { readonly name: string; remove(): void } {
  removeAbandonedBridges();
  const name = `knapt${process.pid}`;
  ip("link", "add", name, "type", "bridge");
  ip("addr", "add", `10.214.${1 + (process.pid % 250)}.1/24`, "dev", name);
  ip("link", "set", name, "up");
  return { name, remove: () => ip("link", "del", name) };
}

/** Returns the bridges of test processes that were killed. */
function removeAbandonedBridges(): void {
  for (const name of readdirSync("/sys/class/net")) {
    const [, pid] = /^knapt(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) ip("link", "del", name);
  }
}

/**
 * Starts an engine in its own folder, on its own bridge, without firewall rules. `dataRoot`: folder of its images and
 * containers.
 */
export async function openPrivateEngine({ dataRoot }: { readonly dataRoot?: string } = {}): Promise<PrivateEngine> {
  const folder = mkdtempSync(join(tmpdir(), "knap-engine-"));
  const data = dataRoot ?? join(folder, "data");
  const host = `unix://${folder}/docker.sock`;
  const bridge = makeBridge();
  let daemon: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    // Files left by a killed engine would prevent the next start.
    for (const stale of ["pid", "exec/containerd/containerd.pid"]) rmSync(join(folder, stale), { force: true });
    daemon = spawn(
      "setpriv",
      [
        // The engine stops when the test's process ends, for any reason.
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
    const stopped = daemon;
    if (!stopped || !isUp(stopped)) return;
    const exited = new Promise((resolve) => stopped.once("exit", resolve));
    stopped.kill(signal);
    await exited;
  };
  await start();
  return {
    host,
    start,
    stop,
    close: async () => {
      // A killed engine leaves its containers running. Only an engine can stop them and remove its networks.
      if (!isUp(daemon)) await start();
      await clear(`${folder}/docker.sock`);
      await stop("SIGTERM");
      // An engine mounts its data folder onto itself, and a killed one leaves more mounts.
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
    const outgoing = request({ socketPath, method, path }, async (reply) => {
      const text = (await reply.setEncoding("utf8").toArray()).join("");
      resolve(text === "" ? undefined : JSON.parse(text));
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}
