// Brings a project's present state into a session: builds what changed, marks changed sources, applies. What fails changes nothing for callers.

import { keyOf, keyText } from "../apis/kinds.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import { sha256Hex } from "../base/hash.ts";
import type { Client } from "../client/client.ts";
import type { BuildServiceImage } from "../emulator/options.ts";
import type { Project, ProjectService } from "../project/project.ts";
import { type Applied, applyObjects } from "./apply-objects.ts";
import type { TellDev } from "./dev-event.ts";
import { hashSources, sourceFilter } from "./source-files.ts";
import { type Deployed, withDeployed, withFreshName } from "./template-plan.ts";

export interface DeployerParts {
  readonly client: Client;
  /** Absent: Services run as processes. */
  readonly buildImage?: BuildServiceImage;
  /** Where the process runtime looks up how a Service starts; kept up to date. */
  readonly commands: Map<string, NonNullable<ProjectService["start"]>>;
  readonly tell: TellDev;
}

interface Memory {
  /** The sources of the first deployment: until they change, the user's template stays as it is. */
  readonly firstHash: string;
  readonly hash: string;
  readonly image?: string;
}

export interface Deployer {
  /** Objects that were applied, refused or left alone. Rejects when the signal aborts or the API is gone. */
  deploy(project: Project, signal: AbortSignal): Promise<readonly Applied[]>;
  /** Builds this Service again although no file changed. */
  forget(service: string): void;
}

export function makeDeployer(parts: DeployerParts): Deployer {
  const { client, buildImage, commands, tell } = parts;
  const memories = new Map<string, Memory>();

  /** undefined: the build failed, so this Service stays as it was. */
  const prepareImage = async (
    service: ProjectService,
    hash: string,
    signal: AbortSignal,
  ): Promise<Deployed | undefined> => {
    const { key, build } = service;
    if (buildImage === undefined || build === undefined) return {};
    const before = memories.get(key);
    if (before?.image !== undefined && before.hash === hash) return { image: before.image };
    tell({ type: "building", service: key });
    const onOutput = (line: string): void => tell({ type: "build-output", service: key, line });
    const outcome = await buildImage({ service: key, plan: build, signal, onOutput });
    signal.throwIfAborted();
    if (!outcome.ok) {
      tell({ type: "build-failed", service: key, message: outcome.message });
      return undefined;
    }
    tell({ type: "built", service: key, image: outcome.image });
    memories.set(key, { firstHash: before?.firstHash ?? hash, hash, image: outcome.image });
    return { image: outcome.image };
  };

  const prepareProcess = (service: ProjectService, hash: string): Deployed => {
    const before = memories.get(service.key);
    const firstHash = before?.firstHash ?? hash;
    memories.set(service.key, { firstHash, hash });
    if (service.start !== undefined) commands.set(service.key, service.start);
    return hash === firstHash ? {} : { sourceHash: hash };
  };

  const prepare = async (
    service: ProjectService,
    apart: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Service | undefined> => {
    const folder = buildImage === undefined ? service.start?.folder : service.build?.context;
    if (folder === undefined) return service.object;
    const sources = await hashSources(folder, sourceFilter(folder, service.build?.dockerfile ?? "Dockerfile", apart));
    const hash = sha256Hex(JSON.stringify([sources, buildImage === undefined ? service.start : service.build])).slice(
      0,
      12,
    );
    const deployed =
      buildImage === undefined ? prepareProcess(service, hash) : await prepareImage(service, hash, signal);
    if (deployed === undefined) return undefined;
    const changed = memories.get(service.key)?.firstHash !== hash;
    return withDeployed(changed ? withFreshName(service.object, hash.slice(0, 5)) : service.object, deployed);
  };

  return {
    async deploy(project, signal) {
      const apart = new Set(project.inputs);
      const prepared = new Map<string, AnyObject | undefined>();
      for (const service of project.services) {
        prepared.set(keyText(keyOf(service.object)), await prepare(service, apart, signal));
      }
      signal.throwIfAborted();
      const objects = project.objects.flatMap((object) => {
        const key = keyText(keyOf(object));
        const ready = prepared.has(key) ? prepared.get(key) : object;
        return ready === undefined ? [] : [ready];
      });
      return applyObjects(client, objects, (applied) => tell({ type: "applied", applied }));
    },
    forget(service) {
      const memory = memories.get(service);
      if (memory !== undefined) memories.set(service, { ...memory, hash: "" });
    },
  };
}
