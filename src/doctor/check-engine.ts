// Whether a container engine answers, and what it is.

import { fixForNoEngine } from "../node/runtime/docker/engine-error.ts";
import type { ContainerRuntime } from "../node/runtime/runtime.ts";
import { RuntimeError } from "../node/runtime/runtime.ts";
import type { DoctorFinding } from "./finding.ts";

/** `open` dials the engine; without one, Services run as processes, so that is a warning and no problem. */
export async function checkEngine(
  open: () => Promise<ContainerRuntime>,
): Promise<{ readonly findings: readonly DoctorFinding[]; readonly runtime?: ContainerRuntime }> {
  try {
    const runtime = await open();
    const { version, os, architecture, cpus, memoryBytes } = await runtime.info();
    const memory = `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
    const what = `engine ${version} answers (${os}/${architecture}, ${cpus} CPUs, ${memory})`;
    return { findings: [{ check: "engine", level: "ok", what }], runtime };
  } catch (error) {
    const why = error instanceof RuntimeError ? error.message : String(error);
    const what = `no container engine answers: ${why}`;
    return { findings: [{ check: "engine", level: "warning", what, fix: fixForNoEngine(error) }] };
  }
}
