// Whether the images that the files name are here, can be built, or would have to be pulled.
import type { ContainerRuntime } from "../node/runtime/runtime.ts";
import type { ProjectService } from "../project/project.ts";
import type { DoctorFinding } from "./finding.ts";

async function checkImage(
  runtime: ContainerRuntime,
  { key, image, build, start }: ProjectService,
): Promise<DoctorFinding> {
  if (build !== undefined) return { check: "image", level: "ok", what: `${key}: is built from ${build.dockerfile}` };
  if (image === "")
    return { check: "image", level: "problem", what: `${key}: names no image`, fix: "give its container an image" };
  const found = await runtime.images.inspect(image);
  if (found === undefined) {
    const fallback = start === undefined ? "" : " (without it, it can run as a process)";
    const fix = "pull or build it before you are offline, or name a `build:` in knap.yaml";
    return {
      check: "image",
      level: "warning",
      what: `${key}: ${image} is not here and will be pulled${fallback}`,
      fix,
    };
  }
  const { architecture } = await runtime.info();
  const same = found.architecture === "" || found.architecture === normal(architecture);
  if (same) return { check: "image", level: "ok", what: `${key}: ${image} is here` };
  const what = `${key}: ${image} is for ${found.architecture}, the engine is ${normal(architecture)}`;
  return { check: "image", level: "problem", what, fix: "build or pull the image for this architecture" };
}

/** Engines say x86_64 where images say amd64. */
function normal(architecture: string): string {
  return { x86_64: "amd64", aarch64: "arm64" }[architecture] ?? architecture;
}

export function checkImages(
  runtime: ContainerRuntime,
  services: readonly ProjectService[],
): Promise<readonly DoctorFinding[]> {
  return Promise.all(services.map((service) => checkImage(runtime, service)));
}
