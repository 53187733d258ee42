// Checks the container engine: its response, its network, its images, and what dead sessions left on it.
import { findOrphans, HOST_LABEL, SESSION_LABEL } from "../node/kubelet/orphans.ts";
import { tryPathFromContainer } from "../node/network/try-path.ts";
import { fixForNoEngine } from "../node/runtime/docker/engine-error.ts";
import { DEFAULT_SUBNETS } from "../node/runtime/docker/subnets.ts";
import { type ContainerRuntime, RuntimeError } from "../node/runtime/runtime.ts";
import type { ProjectService } from "../project/project.ts";
import type { DoctorFinding } from "./finding.ts";

/**
 * Checks the engine to which `open` connects. A missing engine is only a warning, because Services then run as
 * processes.
 */
export async function checkEngine(
  open: () => Promise<ContainerRuntime>,
): Promise<{ readonly findings: readonly DoctorFinding[]; readonly runtime?: ContainerRuntime }> {
  try {
    const runtime = await open();
    const { version, os, architecture, cpus, memoryBytes } = await runtime.info();
    const memory = `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
    const what = `engine ${version} responds (${os}/${architecture}, ${cpus} CPUs, ${memory})`;
    return { findings: [{ check: "engine", level: "ok", what }], runtime };
  } catch (error) {
    const why = error instanceof RuntimeError ? error.message : String(error);
    const what = `no container engine responds: ${why}`;
    return { findings: [{ check: "engine", level: "warning", what, fix: fixForNoEngine(error) }] };
  }
}

export interface NetworkCheck {
  readonly runtime: ContainerRuntime;
  readonly hostId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts a short-lived container that connects to this machine. */
export async function checkNetwork({ runtime, hostId, env }: NetworkCheck): Promise<DoctorFinding> {
  const session = `doctor-${process.pid}`;
  const labels = { [SESSION_LABEL]: session, [HOST_LABEL]: hostId };
  const path = await tryPathFromContainer({ runtime, prefix: `knap-${session}`, labels });
  switch (path.state) {
    case "open":
      return { check: "network", level: "ok", what: "containers can reach this machine" };
    case "dropped": {
      const what = `containers cannot reach this machine at ${path.addresses.join(", ")}: a firewall drops their packets`;
      const range = env["KNAP_SUBNETS"] ?? DEFAULT_SUBNETS;
      const fix = `allow connections from ${range} (for example \`sudo ufw allow from ${range}\`); otherwise Services cannot call each other by cluster names`;
      return { check: "network", level: "warning", what, fix };
    }
    case "unknown": {
      const what = `cannot check whether containers reach this machine: ${path.why}`;
      return { check: "network", level: "warning", what, fix: "fix the engine first, then run `knap doctor` again" };
    }
  }
}

async function checkImage(
  runtime: ContainerRuntime,
  { key, image, build, start }: ProjectService,
): Promise<DoctorFinding> {
  if (build !== undefined) {
    const how = build.command === undefined ? `from ${build.dockerfile}` : `by ${build.command[0]}`;
    return { check: "image", level: "ok", what: `${key}: image is built ${how}` };
  }
  if (image === "")
    return {
      check: "image",
      level: "problem",
      what: `${key}: its container has no image`,
      fix: "set the image of the container",
    };
  const found = await runtime.images.inspect(image);
  if (found === undefined) {
    const fallback = start === undefined ? "" : " (without the image, it can run as a process)";
    const fix = "pull or build it before you go offline, or set `build:` in knap.yaml";
    return {
      check: "image",
      level: "warning",
      what: `${key}: ${image} is not on this engine and will be pulled${fallback}`,
      fix,
    };
  }
  const { architecture } = await runtime.info();
  const same = found.architecture === "" || found.architecture === imageArchitecture(architecture);
  if (same) return { check: "image", level: "ok", what: `${key}: ${image} is on this engine` };
  const what = `${key}: ${image} is for ${found.architecture}, the engine is ${imageArchitecture(architecture)}`;
  return { check: "image", level: "problem", what, fix: "build or pull the image for this architecture" };
}

/** Returns the architecture in the notation of images: engines say x86_64, images say amd64. */
function imageArchitecture(architecture: string): string {
  return { x86_64: "amd64", aarch64: "arm64" }[architecture] ?? architecture;
}

export function checkImages(
  runtime: ContainerRuntime,
  services: readonly ProjectService[],
): Promise<readonly DoctorFinding[]> {
  return Promise.all(services.map((service) => checkImage(runtime, service)));
}

export async function checkLeftovers(
  runtime: ContainerRuntime,
  isSessionLive: (session: string) => boolean,
  hostId: string,
): Promise<readonly DoctorFinding[]> {
  const orphans = await findOrphans({ runtime, hostId, isSessionLive });
  const bySession = new Map<string, string[]>();
  const unsure = new Set<string>();
  for (const { session, host, kind, state } of orphans) {
    const key = `session ${session}${host === hostId ? "" : ` of another host (${host})`}`;
    bySession.set(key, [...(bySession.get(key) ?? []), kind]);
    if (state === "unknown" || host !== hostId) unsure.add(key);
  }
  return [...bySession].map(([session, kinds]): DoctorFinding => {
    const counts = [...new Set(kinds)].map((kind) => `${kinds.filter((each) => each === kind).length} ${kind}(s)`);
    const fix = unsure.has(session)
      ? "if that session has ended, `knap down --all` removes them"
      : "the next `knap up` removes them";
    return { check: "session", level: "warning", what: `${session} left ${counts.join(", ")} on the engine`, fix };
  });
}
