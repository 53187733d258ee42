// Deploys a project into a session: builds changed images, gives changed sources a new revision, applies the objects.

import { readFile } from "node:fs/promises";
import { keyOf, keyText } from "../apis/meta/key.ts";
import type { Service } from "../apis/serving/types.ts";
import { sha256Hex } from "../base/hash.ts";
import type { Client } from "../client/client.ts";
import type { BuildServiceImage } from "../node/agent/image-builder.ts";
import type { Project, ProjectService } from "../project/project.ts";
import { type Applied, applyObjects } from "./apply-objects.ts";
import { BuildsUnderWay } from "./builds-under-way.ts";
import type { EmitDevEvent } from "./dev-event.ts";
import { hashSources, sourceFilter } from "./source-files.ts";
import { type TemplateChange, withFreshName, withTemplateChange } from "./template-plan.ts";

export interface DeployerParts {
  readonly client: Client;
  /** Absent: Services run as processes. */
  readonly buildImage?: BuildServiceImage | undefined;
  /** Service → start command, which the process runtime reads. The deployer updates it. */
  readonly commands: Map<string, NonNullable<ProjectService["start"]>>;
  readonly emit: EmitDevEvent;
}

interface DeployedState {
  /** Hash of the first deployment's sources. While it stays the same, the user's template is applied unchanged. */
  readonly firstHash: string;
  readonly hash: string;
  readonly image?: string;
  /** How often the user requested a rebuild of unchanged sources. */
  readonly forced: number;
}

/** Remembers the deployed sources of each Service. It lives as long as its session. */
export class Deployer implements AsyncDisposable {
  /** Services whose template changed. The dev loop removes a Service when its new revision is ready. */
  readonly changed = new Set<string>();
  readonly #parts: DeployerParts;
  readonly #states = new Map<string, DeployedState>();
  readonly #builds = new BuildsUnderWay();

  constructor(parts: DeployerParts) {
    this.#parts = parts;
  }

  /**
   * The applied and refused objects, without Services whose build failed. Rejects if the signal aborts or the API
   * fails.
   */
  async deploy(project: Project, signal: AbortSignal): Promise<readonly Applied[]> {
    const { client, emit } = this.#parts;
    const apart = new Set(project.inputs);
    const preparing = project.services.map(
      async (service) => [keyText(keyOf(service.object)), await this.#prepare(service, apart, signal)] as const,
    );
    const prepared = new Map(await Promise.all(preparing));
    signal.throwIfAborted();
    const objects = project.objects.flatMap((object) => {
      const key = keyText(keyOf(object));
      const ready = prepared.has(key) ? prepared.get(key) : object;
      return ready === undefined ? [] : [ready];
    });
    return applyObjects(client, objects, (applied) => emit({ type: "applied", applied }));
  }

  /** Cancels running builds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#builds[Symbol.asyncDispose]();
  }

  /** Makes the next deployment create a new revision of this Service although no file changed. */
  forget(service: string): void {
    const state = this.#states.get(service);
    if (state !== undefined) this.#states.set(service, { ...state, hash: "", forced: state.forced + 1 });
  }

  /** The Service to apply; undefined if its build failed. */
  async #prepare(
    service: ProjectService,
    apart: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Service | undefined> {
    const isBuilt = this.#parts.buildImage !== undefined;
    const folder = isBuilt ? service.build?.context : service.start?.folder;
    if (folder === undefined) return service.object;
    const dockerfile = service.build?.dockerfile ?? "Dockerfile";
    const sources = await hashSources(folder, sourceFilter(folder, dockerfile, apart));
    const recipe = isBuilt ? service.build : service.start;
    // The Dockerfile may be outside of the build context, so it is hashed separately.
    const instructions = isBuilt ? await readFile(dockerfile, "utf8").catch(() => "") : "";
    const hash = sha256Hex(JSON.stringify([sources, recipe, instructions])).slice(0, 12);
    const before = this.#states.get(service.key);
    const deployed = isBuilt ? await this.#prepareImage(service, hash, signal) : this.#prepareProcess(service, hash);
    if (deployed === undefined) return undefined;
    if (before !== undefined && before.hash !== hash) {
      this.changed.add(service.key);
      this.#parts.emit({ type: "changed", service: service.key });
    }
    const { firstHash = hash, forced = 0 } = this.#states.get(service.key) ?? {};
    if (firstHash === hash && forced === 0) return withTemplateChange(service.object, deployed);
    const suffix = forced > 0 ? `${hash.slice(0, 5)}-${forced}` : hash.slice(0, 5);
    return withTemplateChange(withFreshName(service.object, suffix), deployed);
  }

  async #prepareImage(
    { key, build }: ProjectService,
    hash: string,
    signal: AbortSignal,
  ): Promise<TemplateChange | undefined> {
    const { buildImage, emit } = this.#parts;
    if (buildImage === undefined || build === undefined) return {};
    const before = this.#states.get(key);
    if (before?.image !== undefined && before.hash === hash) return { image: before.image };
    if (!this.#builds.isUnderWay(key, hash)) emit({ type: "building", service: key });
    const onOutput = (line: string): void => emit({ type: "build-output", service: key, line });
    const outcome = await this.#builds.join({ service: key, hash, signal }, (abort) =>
      buildImage({ service: key, plan: build, signal: abort, onOutput }),
    );
    if (!outcome.ok) {
      const line = buildLine(outcome.message, await readFile(build.dockerfile, "utf8").catch(() => ""));
      const place = line === undefined ? build.dockerfile : `${build.dockerfile}:${line}`;
      // The builder's last line is its error. It goes first.
      const lines = outcome.message.split("\n");
      const message = [`${place}: ${lines.pop()}`, ...lines].join("\n");
      emit({ type: "build-failed", service: key, message, isFirst: before?.image === undefined });
      return undefined;
    }
    emit({ type: "built", service: key, image: outcome.image });
    this.#states.set(key, { firstHash: before?.firstHash ?? hash, hash, image: outcome.image, forced: 0 });
    return { image: outcome.image };
  }

  #prepareProcess({ key, start }: ProjectService, hash: string): TemplateChange {
    const { firstHash = hash, forced = 0 } = this.#states.get(key) ?? {};
    this.#states.set(key, { firstHash, hash, forced });
    if (start !== undefined) this.#parts.commands.set(key, start);
    if (forced > 0) return { sourceHash: `${hash}-${forced}` };
    return hash === firstHash ? {} : { sourceHash: hash };
  }
}

interface ErrorPattern {
  /** Captures a part of the instruction from the builder's message. */
  readonly pattern: RegExp;
  /** Lines with instructions that can cause this error. */
  readonly names: RegExp;
}

const ERROR_PATTERNS: readonly ErrorPattern[] = [
  { pattern: /process "(?:\/bin\/sh -c )?([\s\S]+?)" did not complete/, names: /^\s*RUN\b/i },
  // Engines before 23.
  { pattern: /executor failed running \[(?:\/bin\/sh -c )?([\s\S]+?)\]: exit code/, names: /^\s*RUN\b/i },
  { pattern: /"\/?([^"\s]+)":? not found/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /(?:COPY|ADD) failed: .*?\/?([^/\s]+): no such file/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /The command '(?:\/bin\/sh -c )?([\s\S]+?)' returned a non-zero code/, names: /^\s*RUN\b/i },
];

/** The 1-based line of the Dockerfile that a build error is about; undefined if the message contains no instruction. */
export function buildLine(message: string, dockerfile: string): number | undefined {
  const parseErrorLine = /parse error (?:on )?line (\d+)/i.exec(message)?.[1];
  if (parseErrorLine !== undefined) return Number(parseErrorLine);
  const lines = dockerfile.split(/\r?\n/);
  for (const { pattern, names } of ERROR_PATTERNS) {
    const part = pattern.exec(message)?.[1];
    const at = part === undefined ? -1 : lines.findIndex((line) => names.test(line) && line.includes(part));
    if (at >= 0) return at + 1;
  }
  // The classic builder prints each instruction as a numbered step.
  const step = [...message.matchAll(/^Step \d+\/\d+ : (.+)$/gm)].at(-1)?.[1];
  const at = step === undefined ? -1 : lines.findIndex((line) => line.trim() === step.trim());
  return at >= 0 ? at + 1 : undefined;
}
