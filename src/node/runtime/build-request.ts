// Defines what a build of an image can ask of an engine, and what the engine reports about it.
import type { Readable } from "node:stream";

/** The settings of a build that engines have, with the meaning of compose's keys. */
export interface BuildSettings {
  readonly target?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** Images whose layers serve as cache. */
  readonly cacheFrom?: readonly string[] | undefined;
  /** `os/architecture[/variant]` */
  readonly platform?: string | undefined;
  readonly noCache?: boolean | undefined;
  /** Base images are pulled although they are local. */
  readonly pull?: boolean | undefined;
  readonly network?: string | undefined;
  /** `host:address` */
  readonly extraHosts?: readonly string[] | undefined;
  readonly shmBytes?: number | undefined;
}

/** Where a secret of a build comes from: an absolute path, or a variable of knap's environment. */
export type SecretSource =
  | { readonly id: string; readonly file: string }
  | { readonly id: string; readonly environment: string };

/** An ssh agent of a build; `path` undefined: the agent at SSH_AUTH_SOCK. */
export interface AgentSource {
  readonly id: string;
  readonly path?: string | undefined;
}

export interface BuildSecret {
  readonly id: string;
  readonly content: Buffer;
}

/** An ssh agent that `RUN --mount=type=ssh` reaches. */
export interface BuildAgent {
  readonly id: string;
  /** The path of the agent's socket on this machine. */
  readonly socket: string;
}

/** A step of a build, as it starts and as it ends. */
export interface BuildStep {
  /** As the builder prints it: `[2/5] RUN npm ci`, or `Step 2/5 : RUN npm ci` by the classic builder. */
  readonly name: string;
  readonly state: "started" | "cached" | "done";
}

/** The credentials of a build. */
export interface RegistryAccess {
  /** The registries of the base images. */
  readonly hosts: readonly string[];
  credentials(host: string): Promise<RegistryAuth | undefined>;
}

export interface RegistryAuth {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identityToken?: string | undefined;
  readonly serverAddress: string;
}

export interface BuildRequest extends BuildSettings {
  /** A tar stream of the build context. It includes the Dockerfile and leaves out what .dockerignore excludes. */
  readonly context: Readable;
  readonly dockerfile: string;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly secrets?: readonly BuildSecret[] | undefined;
  readonly agents?: readonly BuildAgent[] | undefined;
  readonly registries?: RegistryAccess | undefined;
  readonly onOutput?: ((line: string) => void) | undefined;
  readonly onStep?: ((step: BuildStep) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
