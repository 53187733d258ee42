// Brings a project's present state into a session: builds what changed, marks changed sources, applies. What fails changes nothing for callers.

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
import { type Deployed, withDeployed, withFreshName } from "./template-plan.ts";

export interface DeployerParts {
  readonly client: Client;
  /** Absent: Services run as processes. */
  readonly buildImage?: BuildServiceImage;
  /** Where the process runtime looks up how a Service starts; kept up to date. */
  readonly commands: Map<string, NonNullable<ProjectService["start"]>>;
  readonly emit: EmitDevEvent;
}

interface Memory {
  /** The sources of the first deployment: until they change, the user's template stays as it is. */
  readonly firstHash: string;
  readonly hash: string;
  readonly image?: string;
  /** How often somebody asked for the same sources again. */
  readonly forced: number;
}

/** Lives as long as its session: it remembers what each Service was last made from. */
export class Deployer implements AsyncDisposable {
  /** Services of which a new revision was asked for, until somebody takes note. */
  readonly changed = new Set<string>();
  readonly #parts: DeployerParts;
  readonly #memories = new Map<string, Memory>();
  readonly #builds = new BuildsUnderWay();

  constructor(parts: DeployerParts) {
    this.#parts = parts;
  }

  /** Objects that were applied or refused; those whose build failed are left out. Rejects when the signal aborts or the API is gone. */
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

  /** Ends builds that are under way. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#builds[Symbol.asyncDispose]();
  }

  /** The next deployment builds this Service again, or restarts its process as a new revision, although no file changed. */
  forget(service: string): void {
    const memory = this.#memories.get(service);
    if (memory !== undefined) this.#memories.set(service, { ...memory, hash: "", forced: memory.forced + 1 });
  }

  /** The Service as it is to be applied. undefined: its build failed, so it stays as it was. */
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
    // It may stand outside of its context.
    const instructions = isBuilt ? await readFile(dockerfile, "utf8").catch(() => "") : "";
    const hash = sha256Hex(JSON.stringify([sources, recipe, instructions])).slice(0, 12);
    const before = this.#memories.get(service.key);
    const deployed = isBuilt ? await this.#prepareImage(service, hash, signal) : this.#prepareProcess(service, hash);
    if (deployed === undefined) return undefined;
    if (before !== undefined && before.hash !== hash) {
      this.changed.add(service.key);
      this.#parts.emit({ type: "changed", service: service.key });
    }
    const { firstHash = hash, forced = 0 } = this.#memories.get(service.key) ?? {};
    if (firstHash === hash && forced === 0) return withDeployed(service.object, deployed);
    const suffix = forced > 0 ? `${hash.slice(0, 5)}-${forced}` : hash.slice(0, 5);
    return withDeployed(withFreshName(service.object, suffix), deployed);
  }

  async #prepareImage(
    { key, build }: ProjectService,
    hash: string,
    signal: AbortSignal,
  ): Promise<Deployed | undefined> {
    const { buildImage, emit } = this.#parts;
    if (buildImage === undefined || build === undefined) return {};
    const before = this.#memories.get(key);
    if (before?.image !== undefined && before.hash === hash) return { image: before.image };
    if (!this.#builds.isUnderWay(key, hash)) emit({ type: "building", service: key });
    const onOutput = (line: string): void => emit({ type: "build-output", service: key, line });
    const outcome = await this.#builds.join({ service: key, hash, signal }, (abort) =>
      buildImage({ service: key, plan: build, signal: abort, onOutput }),
    );
    if (!outcome.ok) {
      const line = buildLine(outcome.message, await readFile(build.dockerfile, "utf8").catch(() => ""));
      const place = line === undefined ? build.dockerfile : `${build.dockerfile}:${line}`;
      // The builder's verdict is its last line; what led to it follows.
      const said = outcome.message.split("\n");
      const message = [`${place}: ${said.pop()}`, ...said].join("\n");
      emit({ type: "build-failed", service: key, message, isFirst: before?.image === undefined });
      return undefined;
    }
    emit({ type: "built", service: key, image: outcome.image });
    this.#memories.set(key, { firstHash: before?.firstHash ?? hash, hash, image: outcome.image, forced: 0 });
    return { image: outcome.image };
  }

  #prepareProcess({ key, start }: ProjectService, hash: string): Deployed {
    const { firstHash = hash, forced = 0 } = this.#memories.get(key) ?? {};
    this.#memories.set(key, { firstHash, hash, forced });
    if (start !== undefined) this.#parts.commands.set(key, start);
    if (forced > 0) return { sourceHash: `${hash}-${forced}` };
    return hash === firstHash ? {} : { sourceHash: hash };
  }
}

interface Clue {
  /** Finds a part of the instruction in the builder's words. */
  readonly pattern: RegExp;
  /** Instructions that can be meant. */
  readonly names: RegExp;
}

const CLUES: readonly Clue[] = [
  { pattern: /process "(?:\/bin\/sh -c )?([\s\S]+?)" did not complete/, names: /^\s*RUN\b/i },
  // Engines before 23.
  { pattern: /executor failed running \[(?:\/bin\/sh -c )?([\s\S]+?)\]: exit code/, names: /^\s*RUN\b/i },
  { pattern: /"\/?([^"\s]+)":? not found/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /(?:COPY|ADD) failed: .*?\/?([^/\s]+): no such file/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /The command '(?:\/bin\/sh -c )?([\s\S]+?)' returned a non-zero code/, names: /^\s*RUN\b/i },
];

/** 1-based; undefined: the words name no instruction. */
export function buildLine(message: string, dockerfile: string): number | undefined {
  const told = /parse error (?:on )?line (\d+)/i.exec(message)?.[1];
  if (told !== undefined) return Number(told);
  const lines = dockerfile.split(/\r?\n/);
  for (const { pattern, names } of CLUES) {
    const part = pattern.exec(message)?.[1];
    const at = part === undefined ? -1 : lines.findIndex((line) => names.test(line) && line.includes(part));
    if (at >= 0) return at + 1;
  }
  // The classic builder counts its steps and repeats each instruction.
  const step = [...message.matchAll(/^Step \d+\/\d+ : (.+)$/gm)].at(-1)?.[1];
  const at = step === undefined ? -1 : lines.findIndex((line) => line.trim() === step.trim());
  return at >= 0 ? at + 1 : undefined;
}
