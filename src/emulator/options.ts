// The options of an emulator session and its interface for callers. The CLI and the test library use only these.
import type { StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Address } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import type { ApiAccess, Client } from "../client/client.ts";
import type { ListenerLimits } from "../data-plane/http-server/open-listener.ts";
import type { SyncFiles } from "../node/agent/file-sync.ts";
import type { BuildServiceImage } from "../node/agent/image-builder.ts";
import type { ServiceCommand } from "../node/agent/node-agent.ts";

interface WantedImage {
  readonly image: string;
  /** `namespace/name` of the Service that names it. */
  readonly service: string;
  /** The base images if knap builds the image; absent if the image must be local or in a registry. */
  readonly bases?: readonly string[] | undefined;
}

export interface EmulatorOptions {
  readonly runtime: "auto" | "docker" | "process";
  /** Where the public ingress listens. 127.0.0.1 and localhost mean both loopback families. */
  readonly address: string;
  /** The port that the user named: an error if it is taken. undefined: 8080, or a free port if 8080 is taken. */
  readonly port?: number | undefined;
  /**
   * A port that the user named opens at the start: an error if it is taken. 0: no https. undefined: 8443, or a free
   * port if 8443 is taken, which opens when the first Ingress needs https.
   */
  readonly httpsPort?: number | undefined;
  /** How clients reach the API on loopback. Default: https. */
  readonly apiScheme?: "https" | "http" | undefined;
  /** Limits of each public listener; defaults are those of Go's server. */
  readonly limits?: Partial<ListenerLimits> | undefined;
  readonly maxPods?: number | undefined;
  readonly stopTimeoutMs: number;
  readonly drain: "knap" | "knative";
  readonly clock: "real" | "virtual";
  readonly containerAddress?: "direct" | "published" | undefined;
  readonly wake: "cold" | "freeze";
  readonly sessionId: string;
  /** An existing folder of this session, mode 0700. */
  readonly sessionFolder: string;
  /** The folder for the local certificate authority and the copies of synced files. Default: the session's folder. */
  readonly stateFolder?: string | undefined;
  readonly hostId: string;
  /** The identity of this process, a label of everything on the engine; see `processIdentity`. */
  readonly processId?: string | undefined;
  /**
   * Returns true if another session of this host is alive. The session removes the leftovers of dead sessions when it
   * starts.
   */
  isSessionLive(sessionId: string): Promise<boolean> | boolean;
  /** Data of the ConfigMaps of namespace knative-serving, by name. */
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** Images in the files; runtime `auto` checks whether they are available. */
  readonly images: readonly WantedImage[];
  /** The Services in the files; a notice lists their settings that the process runtime ignores. */
  readonly services?: readonly Service[] | undefined;
  /** How the process runtime starts a Service, by its `namespace/name`. */
  readonly commands: ReadonlyMap<string, ServiceCommand>;
  /** The folder of the sources of a Service, by its `namespace/name`, for debuggers. */
  readonly sourceFolders?: ReadonlyMap<string, string> | undefined;
  readonly log: Logger;
}

export interface Emulator {
  readonly runtime: "docker" | "process";
  readonly ingress: Address;
  /** Where https is served; undefined while no https listener is open. */
  readonly https: Address | undefined;
  readonly api: ApiAccess;
  readonly client: Client;
  /**
   * Messages for the user about expected situations, not errors: another port than the default, processes instead of
   * Docker.
   */
  readonly notices: readonly string[];
  /** Returns the loopback listener of one Service; undefined until it is open. */
  serviceAddress(namespace: string, name: string): Address | undefined;
  /** Aborted when a client of the API asks for the end of the session (`knap down`). */
  readonly stopRequested: AbortSignal;
  /** Builds a Service's image with the engine; undefined if the runtime cannot build. */
  readonly buildImage: BuildServiceImage | undefined;
  /** Brings changed files into running and later instances of a Service. */
  readonly syncFiles: SyncFiles;
  /**
   * `gentle`: in-flight requests get 5 s, containers their stop timeout. `now`: containers are killed; it also cuts
   * short an earlier `gentle`.
   */
  stop(how: "gentle" | "now"): Promise<void>;
}
