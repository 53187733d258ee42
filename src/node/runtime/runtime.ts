// Defines the interface of container runtimes. Docker and plain processes implement it; it uses knap's own types only.
import type { Readable } from "node:stream";
import type { BuildRequest, RegistryAuth } from "./build-request.ts";
import type { ClientStreams } from "./client-streams.ts";
import type { ExecOptions } from "./exec-options.ts";

/** What a runtime supports. Callers check this before a call. */
export interface RuntimeCapabilities {
  readonly images: boolean;
  readonly build: boolean;
  readonly pause: boolean;
  readonly exec: boolean;
  readonly volumes: boolean;
  readonly archives: boolean;
  /** Containers have networks and addresses of their own. */
  readonly networks: boolean;
  readonly limits: boolean;
  readonly sharedNetworkNamespace: boolean;
  /** The runtime chooses the port on which the container must listen, and passes it as PORT. */
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
  /** How knap reaches containers: at their own address, or at ports published on the host. */
  readonly address: "direct" | "published";
  /** The engine's container in which knap runs; undefined: knap runs in no container of the engine. */
  readonly ownContainer?: OwnContainer | undefined;
}

/** One run of a container: a restarted container keeps its id and gets a new start time. */
export type OwnContainer = { readonly id: string; readonly startedAt: string };

/** An error of a runtime call. The code determines Kubernetes' reason in the pod status and the CLI's exit code. */
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
  readonly sizeBytes?: number | undefined;
}

/** One container to create. The kubelet renders the spec (`container-spec.ts`); a runtime only translates it. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  /** undefined: the ENTRYPOINT and CMD of the image. */
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly workingDir?: string | undefined;
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname?: string | undefined;
  /** The network that the container joins, by id. undefined `address`: the engine chooses one. */
  readonly network?:
    | { readonly id: string; readonly aliases?: readonly string[] | undefined; readonly address?: string | undefined }
    | undefined;
  /** The id of the container whose network namespace this one shares. In pods this is the pause container. */
  readonly networkOf?: string | undefined;
  /** The TCP ports that knap must be able to reach. */
  readonly ports: readonly number[];
  readonly mounts?: readonly MountSpec[] | undefined;
  readonly user?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  /** Whether clients can attach to its standard input. `once`: the input ends with the first client. */
  readonly stdin?: "once" | "open" | undefined;
  readonly terminal?: boolean | undefined;
  readonly readOnlyRootFilesystem?: boolean | undefined;
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] } | undefined;
  readonly securityOptions?: readonly string[] | undefined;
  readonly cpuNanos?: number | undefined;
  readonly cpuShares?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly dns?:
    | {
        readonly servers: readonly string[];
        readonly searches: readonly string[];
        readonly options: readonly string[];
      }
    | undefined;
  readonly extraHosts?: readonly string[] | undefined;
  /** The working directory of the command in the process runtime. Docker ignores it. */
  readonly projectFolder?: string | undefined;
}

/** A container as the runtime sees it now. */
export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: "created" | "running" | "paused" | "exited";
  readonly exitCode?: number | undefined;
  readonly oomKilled?: boolean | undefined;
  readonly error?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  readonly pid?: number | undefined;
  /** Container port → the address at which knap reaches it. The address can change with each start. */
  readonly addresses: Readonly<Record<number, { readonly host: string; readonly port: number }>>;
  readonly ip?: string | undefined;
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
  /** `NAME=value` */
  readonly env?: readonly string[] | undefined;
  readonly sizeBytes: number;
  /** The signal that asks the container to stop; undefined: SIGTERM. */
  readonly stopSignal?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. Of two builds with the same content, both have the time of the newer one. */
  readonly taggedAt: string;
}

export interface PullProgress {
  readonly layer?: string | undefined;
  readonly status: string;
  readonly currentBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
}

/** A longer line becomes several lines. */
export const LINE_CHARACTERS = 1024 * 1024;

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339, with nanoseconds if the engine reports them. */
  readonly time: string;
  readonly text: string;
}

export interface LogOptions {
  readonly follow: boolean;
  /** The number of existing lines to return, counted from the end; undefined: all. */
  readonly tail?: number | undefined;
  /** RFC 3339. Older lines are left out. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RuntimeEvent {
  /** `disconnect`: the container left a network. Containers also do so when they exit. */
  readonly type: "die" | "oom" | "start" | "destroy" | "health" | "disconnect" | "unreachable" | "reachable";
  /** "" for events of the engine as a whole. */
  readonly containerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly exitCode?: number | undefined;
}

/** A listening TCP socket, as seen inside the container. */
export interface ListeningSocket {
  readonly port: number;
  /** Bound to 127.0.0.1 or ::1 only. */
  readonly loopback: boolean;
}

export interface ContainerStats {
  /** CPU time used since the start, in nanoseconds. */
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
}

/** Calls throw only {@link RuntimeError}. Ids are the runtime's own. */
export interface ContainerRuntime {
  readonly capabilities: RuntimeCapabilities;
  /** The engine's address in the form of DOCKER_HOST; absent without an engine. */
  readonly engineAddress?: string | undefined;
  info(): Promise<RuntimeInfo>;
  readonly networks: {
    open(request: {
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
      /** The preferred subnet. The runtime uses another one if this one is taken. */
      readonly subnet?: string | undefined;
    }): Promise<{ readonly id: string; readonly gateway: string; readonly subnet: string }>;
    close(id: string): Promise<void>;
    list(
      label: string,
    ): Promise<
      readonly { readonly id: string; readonly name: string; readonly labels: Readonly<Record<string, string>> }[]
    >;
  };
  readonly images: {
    /** undefined: the engine does not have the image. */
    inspect(reference: string): Promise<ImageInfo | undefined>;
    pull(
      reference: string,
      options: {
        readonly auth?: RegistryAuth | undefined;
        readonly platform?: string | undefined;
        readonly onProgress?: ((progress: PullProgress) => void) | undefined;
        readonly signal?: AbortSignal | undefined;
      },
    ): Promise<void>;
    build(request: BuildRequest): Promise<{ readonly id: string }>;
    tag(source: string, target: string): Promise<void>;
    /** Asks the registry, by way of the engine, for the current digest of the reference. */
    digest(reference: string, auth?: RegistryAuth): Promise<string>;
    list(filter: { readonly label: string } | { readonly repository: string }): Promise<readonly ImageInfo[]>;
    remove(reference: string): Promise<void>;
    /** Creates an image from a tar of a root file system. */
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
      options?: { readonly tmpfs?: boolean | undefined; readonly sizeBytes?: number | undefined },
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
  /** Removes the container, even while it runs. A missing container is no error. */
  remove(id: string): Promise<void>;
  /** undefined: the container does not exist. */
  inspect(id: string): Promise<RuntimeContainer | undefined>;
  list(label: string): Promise<readonly RuntimeContainer[]>;
  /** Resolves when the container has exited. */
  wait(id: string, signal?: AbortSignal): Promise<{ readonly exitCode: number; readonly oomKilled: boolean }>;
  /** The output has the first 10 KiB of both streams. */
  exec(
    id: string,
    command: readonly string[],
    options?: ExecOptions,
  ): Promise<{ readonly exitCode: number; readonly output: string }>;
  /**
   * Runs a command with the streams of a client. Resolves when it has exited and the client has its output. When the
   * client is gone, a process is killed, and a container's command only gets the end of its input.
   */
  execAttached(id: string, command: readonly string[], streams: ClientStreams): Promise<{ readonly exitCode: number }>;
  /** Joins a client with the container's own streams. Resolves when the container has ended, or the client is gone. */
  attach(id: string, streams: ClientStreams): Promise<void>;
  logs(id: string, options: LogOptions): AsyncIterable<LogLine>;
  stats(id: string): Promise<ContainerStats>;
  /** Resolves with the sockets on which the container listens now; undefined if the runtime cannot tell. */
  listeners(id: string): Promise<readonly ListeningSocket[] | undefined>;
  putArchive(id: string, path: string, tar: Readable): Promise<void>;
  getArchive(id: string, path: string): Promise<Readable>;
  /**
   * Yields events until aborted, including `unreachable` and `reachable` when the connection to the engine breaks and
   * returns.
   */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
  close(): Promise<void>;
}
