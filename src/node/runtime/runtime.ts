// The port to whatever runs containers: Docker, or plain processes. In our own types, so that either can stand behind it.
import type { Readable } from "node:stream";

/** What a runtime can do. Callers ask before; the contract suite skips by it and counts the skips. */
export interface RuntimeCapabilities {
  readonly images: boolean;
  readonly build: boolean;
  readonly pause: boolean;
  readonly exec: boolean;
  readonly volumes: boolean;
  readonly archives: boolean;
  readonly networks: boolean;
  readonly limits: boolean;
  readonly sharedNetworkNamespace: boolean;
  /** The container listens on a port of the runtime's choosing (PORT), not on the one the manifest names. */
  readonly assignsPort: boolean;
}

export interface RuntimeInfo {
  readonly name: "docker" | "process";
  readonly version: string;
  readonly engineId: string;
  readonly os: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** How knap reaches containers of this engine. */
  readonly address: "direct" | "published";
}

/** What went wrong, told apart so that the kubelet can name Kubernetes' reason and the CLI an exit code. */
export class RuntimeError extends Error {
  readonly code:
    | "unreachable"
    | "not-found"
    | "conflict"
    | "no-image"
    | "bad-image"
    | "denied"
    | "platform"
    | "address-in-use"
    | "no-space"
    | "invalid"
    | "failed";
  constructor(code: RuntimeError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimeError";
    this.code = code;
  }
}

export interface MountSpec {
  readonly kind: "volume" | "bind" | "tmpfs";
  /** Volume name or host path; "" for tmpfs. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly subPath?: string;
  readonly sizeBytes?: number;
}

/** One container, rendered by the kubelet (`container-spec.ts`); nothing in here is decided by a runtime. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  /** undefined: the image's own ENTRYPOINT / CMD. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname?: string;
  /** Join this network (by id), with these names and, if given, this address on it. */
  readonly network?: { readonly id: string; readonly aliases?: readonly string[]; readonly address?: string };
  /** Share the network namespace of this container instead (sidecars behind a pause container). */
  readonly networkOf?: string;
  /** TCP ports to make reachable from this process. */
  readonly ports: readonly number[];
  readonly mounts?: readonly MountSpec[];
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly securityOptions?: readonly string[];
  readonly cpuNanos?: number;
  readonly cpuShares?: number;
  readonly memoryBytes?: number;
  readonly dns?: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly extraHosts?: readonly string[];
  /** Process runtime: where to start the command; Docker ignores it. */
  readonly projectFolder?: string;
}

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: "created" | "running" | "paused" | "exited";
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  readonly error?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly pid?: number;
  /** Container port → where this process dials it. Read anew after each start. */
  readonly addresses: Readonly<Record<number, { readonly host: string; readonly port: number }>>;
  readonly ip?: string;
}

export interface ImageInfo {
  /** `sha256:…` */
  readonly id: string;
  readonly tags: readonly string[];
  /** `repository@sha256:…` */
  readonly repoDigests: readonly string[];
  readonly os: string;
  readonly architecture: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly exposedPorts: readonly number[];
  readonly workingDir: string;
  readonly sizeBytes: number;
  /** What ends it politely; absent: SIGTERM. */
  readonly stopSignal?: string;
}

export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
  readonly serverAddress: string;
}

export interface PullProgress {
  readonly layer?: string;
  readonly status: string;
  readonly currentBytes?: number;
  readonly totalBytes?: number;
}

export interface BuildRequest {
  /** A tar stream of the context, .dockerignore applied, Dockerfile included. */
  readonly context: Readable;
  readonly dockerfile: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly platform?: string;
  readonly onOutput?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nanoseconds where the engine gives them. */
  readonly time: string;
  readonly text: string;
}

export interface RuntimeEvent {
  readonly type: "die" | "oom" | "start" | "destroy" | "health" | "unreachable" | "reachable";
  /** "" for events of the engine as a whole. */
  readonly containerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly exitCode?: number;
}

/** A TCP socket that a container listens on, as it sees it itself. */
export interface ListeningSocket {
  readonly port: number;
  /** Bound to 127.0.0.1 or ::1 only. */
  readonly loopback: boolean;
}

export interface ContainerStats {
  /** Nanoseconds of CPU used in all. */
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
}

/** Every call may throw a {@link RuntimeError} and nothing else. Ids are the runtime's own. */
export interface ContainerRuntime {
  readonly capabilities: RuntimeCapabilities;
  info(): Promise<RuntimeInfo>;
  readonly networks: {
    open(request: {
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
      /** Taken if it is free: a network that comes back keeps its addresses. */
      readonly subnet?: string;
    }): Promise<{ readonly id: string; readonly gateway: string; readonly subnet: string }>;
    close(id: string): Promise<void>;
    list(
      label: string,
    ): Promise<
      readonly { readonly id: string; readonly name: string; readonly labels: Readonly<Record<string, string>> }[]
    >;
  };
  readonly images: {
    /** undefined: not here. */
    inspect(reference: string): Promise<ImageInfo | undefined>;
    pull(
      reference: string,
      options: {
        readonly auth?: RegistryAuth;
        readonly platform?: string;
        readonly onProgress?: (progress: PullProgress) => void;
        readonly signal?: AbortSignal;
      },
    ): Promise<void>;
    build(request: BuildRequest): Promise<{ readonly id: string }>;
    tag(source: string, target: string): Promise<void>;
    /** Asks the registry (through the engine) what digest the reference has now. */
    digest(reference: string, auth?: RegistryAuth): Promise<string>;
    list(label: string): Promise<readonly ImageInfo[]>;
    remove(reference: string): Promise<void>;
    /** Makes an image from a tar of a root file system (the pause container, the gateway container). */
    import(
      tar: Readable,
      tag: string,
      config: { readonly cmd: readonly string[]; readonly labels: Readonly<Record<string, string>> },
    ): Promise<string>;
  };
  readonly volumes: {
    create(
      name: string,
      labels: Readonly<Record<string, string>>,
      options?: { readonly tmpfs?: boolean; readonly sizeBytes?: number },
    ): Promise<void>;
    remove(name: string): Promise<void>;
    list(
      label: string,
    ): Promise<readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[]>;
  };
  create(spec: ContainerSpec): Promise<string>;
  start(id: string): Promise<void>;
  /** Sends a signal and does not wait. */
  kill(id: string, signal: string): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Force-removes; removing what is not there is fine. */
  remove(id: string): Promise<void>;
  /** undefined: not there. */
  inspect(id: string): Promise<ContainerState | undefined>;
  list(label: string): Promise<readonly ContainerState[]>;
  /** Resolves when it has exited. */
  wait(id: string, signal?: AbortSignal): Promise<{ readonly exitCode: number; readonly oomKilled: boolean }>;
  exec(
    id: string,
    command: readonly string[],
    options?: { readonly timeoutMs?: number; readonly env?: readonly (readonly [string, string])[] },
  ): Promise<{ readonly exitCode: number; readonly output: string }>;
  logs(
    id: string,
    options: {
      readonly follow: boolean;
      readonly tail?: number;
      readonly since?: string;
      readonly signal?: AbortSignal;
    },
  ): AsyncIterable<LogLine>;
  stats(id: string): Promise<ContainerStats>;
  /** What it listens on right now, for findings about ports; undefined: this runtime cannot tell. */
  listeners(id: string): Promise<readonly ListeningSocket[] | undefined>;
  putArchive(id: string, path: string, tar: Readable): Promise<void>;
  getArchive(id: string, path: string): Promise<Readable>;
  /** Goes on until aborted; an engine that goes away yields `unreachable`, and `reachable` when it is back. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
  close(): Promise<void>;
}
