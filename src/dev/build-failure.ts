// Writes the message of a failed build: the place in the user's files, the builder's error, and its output.
import type { BuildOutcome } from "../node/agent/image-builder.ts";
import { dockerfileText } from "../project/plan-build.ts";
import type { BuildPlan, ProjectService } from "../project/project.ts";
import { buildLine } from "./build-error-line.ts";

type FailedBuild = Extract<BuildOutcome, { ok: false }>;

/** The message begins with the place and the error; the output of the build follows. */
export async function buildFailureText(
  service: Pick<ProjectService, "buildPlace">,
  build: BuildPlan,
  failure: FailedBuild,
): Promise<string> {
  const place = await placeOf(service, build, failure);
  return [`${place}: ${failure.message}`, ...failure.output].join("\n");
}

async function placeOf(
  { buildPlace = (key) => `build.${key}` }: Pick<ProjectService, "buildPlace">,
  build: BuildPlan,
  { message, step, setting }: FailedBuild,
): Promise<string> {
  if (build.command !== undefined) return buildPlace("command");
  if (setting !== undefined) return buildPlace(setting);
  const { readInstructions } = await import("../project/dockerfile.ts");
  const line = buildLine({ message, step }, readInstructions((await dockerfileText(build)) ?? ""));
  if (build.inline !== undefined) return buildPlace("dockerfile_inline", line);
  return line === undefined ? build.dockerfile : `${build.dockerfile}:${line}`;
}
