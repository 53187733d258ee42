// Builds images of Services on the test engine, and removes them at the end.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { silentLogger } from "../../src/base/logger.ts";
import { buildLine } from "../../src/dev/build-error-line.ts";
import { type BuildOutcome, makeImageBuilder } from "../../src/node/agent/image-builder.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { readInstructions } from "../../src/project/dockerfile.ts";
import type { BuildPlan, DockerfileBuild } from "../../src/project/project.ts";
import { nodeImage, openTestEngine, testLabel } from "./engine.ts";
import { TEST_FOLDER } from "./test-folder.ts";

export interface BuildBench extends AsyncDisposable {
  readonly runtime: ContainerRuntime;
  /** `namespace/name` of the Service that is built. */
  readonly service: string;
  /** The build context. */
  readonly folder: string;
  /** An image with Node and a shell. */
  readonly base: string;
  /** Images that Revisions name. */
  readonly inUse: Set<string>;
  /** The output and the steps of the last build. */
  readonly lines: string[];
  readonly steps: string[];
  write(files: Readonly<Record<string, string>>): void;
  /** Resolves when older images are removed as well. */
  build(plan: BuildPlan, signal?: AbortSignal): Promise<BuildOutcome>;
  /** Builds the Dockerfile. */
  buildText(dockerfile: string, more?: Partial<DockerfileBuild>): Promise<BuildOutcome>;
  /** The images of the Service on the engine. */
  images(): Promise<readonly string[]>;
}

/** `builder`: "0" is the classic builder, "1" BuildKit. */
export async function openBuildBench(builder: "0" | "1" = "1"): Promise<BuildBench> {
  const runtime = await openTestEngine({ env: { ...process.env, DOCKER_BUILDKIT: builder } });
  const { labels } = testLabel();
  const name = `built-${labels["knap.dev/test"]}`;
  const service = `default/${name}`;
  const folder = mkdtempSync(join(tmpdir(), `${TEST_FOLDER}${process.pid}-`));
  const inUse = new Set<string>();
  const lines: string[] = [];
  const steps: string[] = [];
  /** What the classic builder made for steps; its images without a name have no label. */
  const layers = new Set<string>();
  const imageBuilder = makeImageBuilder({
    runtime,
    labels,
    imagesInUse: () => inUse,
    isSessionLive: () => false,
    log: silentLogger,
  });
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  };
  const build = async (plan: BuildPlan, signal = new AbortController().signal): Promise<BuildOutcome> => {
    lines.length = 0;
    steps.length = 0;
    const outcome = await imageBuilder.build({
      service,
      plan,
      signal,
      onOutput: (line) => {
        lines.push(line);
        const layer = /^ ---> ([0-9a-f]{12})$/.exec(line)?.[1];
        if (layer !== undefined) layers.add(layer);
      },
      onStep: ({ state, name: step }) => steps.push(`${state} ${step}`),
    });
    await imageBuilder.idle();
    return outcome;
  };
  const images = async (): Promise<readonly string[]> => {
    const labelled = await runtime.images.list({ label: `knap.dev/test=${labels["knap.dev/test"]}` });
    const tagged = await runtime.images.list({ repository: `dev.local/${service}` });
    return [...new Set([...labelled, ...tagged].map(({ id }) => id))];
  };
  return {
    runtime,
    service,
    folder,
    base: await nodeImage(runtime),
    inUse,
    lines,
    steps,
    write,
    build,
    images,
    buildText(dockerfile, more = {}) {
      write({ Dockerfile: dockerfile });
      return build({ context: folder, dockerfile: join(folder, "Dockerfile"), args: {}, bases: [], ...more });
    },
    async [Symbol.asyncDispose]() {
      for (const id of await images()) {
        const { tags = [] } = (await runtime.images.inspect(id)) ?? {};
        for (const tag of tags.length > 0 ? tags : [id]) await runtime.images.remove(tag);
      }
      for (const id of [...layers].reverse()) {
        const info = await runtime.images.inspect(id);
        if (info?.tags.length === 0) await runtime.images.remove(id).catch(() => {});
      }
      await runtime.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The line of the Dockerfile that a failure is about. */
export function failedLine(outcome: BuildOutcome, dockerfile: string): number | undefined {
  return outcome.ok ? undefined : buildLine(outcome, readInstructions(dockerfile));
}
