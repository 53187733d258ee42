// Provides the Docker engine and the programs that the tests need. If requested, it installs missing Debian packages
// and starts a dockerd in a temporary folder, which stops with the tests.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Program in the PATH → its Debian package. */
const PROGRAMS = {
  dockerd: ["docker.io"],
  iptables: ["iptables"],
  ip: ["iproute2"],
  "docker-compose": ["docker-compose"],
  "docker-registry": ["docker-registry"],
  kubectl: ["kubernetes-client"],
  tmux: ["tmux"],
  curl: ["curl"],
  faketime: ["faketime"],
  git: ["git"],
  "ssh-agent": ["openssh-client"],
};
const DEFAULT_SOCKET = "/var/run/docker.sock";

const present = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Resolves to true if an engine answers at DOCKER_HOST or the default socket. */
export function engineAnswers(host = process.env.DOCKER_HOST ?? `unix://${DEFAULT_SOCKET}`) {
  const url = new URL(host);
  const target = url.protocol === "unix:" ? { socketPath: url.pathname } : { host: url.hostname, port: url.port };
  return new Promise((resolve) => {
    const ping = request({ ...target, path: "/_ping", timeout: 3000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    ping.once("timeout", () => ping.destroy());
    ping.once("error", () => resolve(false));
    ping.end();
  });
}

/** Returns true if this run may install packages: requested, on Linux and as root. */
export function mayInstall() {
  const asked = Boolean(process.env.CI) || process.env.KNAP_TEST_SETUP === "1";
  return asked && process.platform === "linux" && process.getuid?.() === 0;
}

/** Installs the Debian packages of missing programs. */
export function installMissing() {
  const missing = Object.entries(PROGRAMS).filter(([program]) => !present(program));
  if (missing.length === 0) return;
  const packages = missing.flatMap(([, names]) => names);
  console.log(`installing ${packages.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    const { status, stdout, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`apt-get ${args[0]} failed:\n${stdout}${stderr}`);
  }
}

/**
 * Removes the bridges and NAT rules of killed engines. Their subnets are those that the next run takes, and a rule left
 * behind would masquerade traffic between the containers of that run.
 */
function removeDeadEngineNetworks() {
  if (spawnSync("pidof", ["dockerd"]).status === 0) return;
  const bridges = readdirSync("/sys/class/net").filter((name) => /^br-[0-9a-f]{12}$/.test(name));
  for (const bridge of bridges) spawnSync("ip", ["link", "del", bridge]);
  const { stdout } = spawnSync("iptables", ["-t", "nat", "-S"], { encoding: "utf8" });
  for (const rule of stdout.split("\n").filter((line) => /^-A .*\bbr-[0-9a-f]{12}\b/.test(line))) {
    spawnSync("iptables", ["-t", "nat", "-D", ...rule.split(" ").slice(1)]);
  }
}

/**
 * Starts a separate dockerd with socket, data root and pid file in a new temporary folder.
 * @returns {Promise<{ host: string, stop: () => Promise<void> }>}
 */
export async function startEngine() {
  removeDeadEngineNetworks();
  const folder = mkdtempSync(join(tmpdir(), "knap-dockerd-"));
  const host = `unix://${join(folder, "docker.sock")}`;
  mkdirSync(join(folder, "exec"));
  const log = openSync(join(folder, "log"), "a");
  const args = [
    "--host",
    host,
    "--data-root",
    join(folder, "data"),
    "--exec-root",
    join(folder, "exec"),
    "--pidfile",
    join(folder, "pid"),
  ];
  const engine = spawn("dockerd", args, { stdio: ["ignore", log, log] });
  closeSync(log);
  const ended = new Promise((resolve) => engine.once("exit", resolve));
  for (let tries = 0; !(await engineAnswers(host)); tries++) {
    if (tries > 120 || engine.exitCode !== null) {
      engine.kill("SIGKILL");
      throw new Error(
        `dockerd did not start:\n${readFileSync(join(folder, "log"), "utf8").split("\n").slice(-20).join("\n")}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const stop = async () => {
    engine.kill("SIGTERM");
    const stuck = setTimeout(() => engine.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(stuck);
    rmSync(folder, { recursive: true, force: true });
  };
  return { host, stop };
}
