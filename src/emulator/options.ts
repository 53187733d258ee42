// What a session of the emulator is told at its start, and what it shows to its caller. The CLI and the test library see only this.

import type { StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Address } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import type { Client } from "../client/client.ts";
import type { ListenerLimits } from "../data-plane/http-server/open-listener.ts";
import type { BuildServiceImage } from "../node/agent/image-builder.ts";
import type { ServiceCommand } from "../node/agent/node-agent.ts";

export interface WantedImage {
  readonly image: string;
  /** `namespace/name` of the Service that names it. */
  readonly service: string;
  /** It is built here, and starts from these images; absent: it must be local or come from a registry. */
  readonly bases?: readonly string[];
}

export interface EmulatorOptions {
  readonly runtime: "auto" | "docker" | "process";
  /** Where the public ingress listens; loopback (both families) unless told otherwise. */
  readonly address: string;
  /** A port that the user named: taken is an error. undefined: 8080, or a free one when that is taken. */
  readonly port?: number;
  /** The https door: a port that the user named is opened at the start, taken is an error; 0: never. undefined: 8443, or a free one when that is taken, opened when the first Ingress asks for https. */
  readonly httpsPort?: number;
  /** What the ingress takes from clients before it refuses; what is absent is as Go's server has it. */
  readonly limits?: Partial<ListenerLimits>;
  readonly maxPods?: number;
  readonly stopTimeoutMs: number;
  readonly drain: "knap" | "knative";
  readonly clock: "real" | "virtual";
  readonly containerAddress?: "direct" | "published";
  readonly wake: "cold" | "freeze";
  readonly sessionId: string;
  /** An existing folder of this session, mode 0700. */
  readonly sessionFolder: string;
  /** Where the local certificate authority outlives sessions; absent: the session's folder. */
  readonly stateFolder?: string;
  readonly hostId: string;
  /** Whether another session (of this host) is alive; what belongs to dead ones is removed at the start. */
  isSessionLive(sessionId: string): Promise<boolean> | boolean;
  /** Data of the ConfigMaps of namespace knative-serving, by name. */
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** Images that the files name: `auto` asks whether they can be had. */
  readonly images: readonly WantedImage[];
  /** The Services of the files: what of them a process does not get is listed once. */
  readonly services?: readonly Service[];
  /** `namespace/name` of a Service → how the process runtime starts it. */
  readonly commands: ReadonlyMap<string, ServiceCommand>;
  readonly log: Logger;
}

export interface Emulator {
  readonly runtime: "docker" | "process";
  readonly ingress: Address;
  /** Where https is served; undefined while nobody asks for it. */
  readonly https: Address | undefined;
  readonly api: { readonly address: string; readonly token: string };
  readonly client: Client;
  /** Things the user should know that are no errors: a default port that moved, processes instead of Docker and why. */
  readonly notices: readonly string[];
  /** The loopback door of one Service (product: a port of its own), once the Service exists. */
  serviceAddress(namespace: string, name: string): Address | undefined;
  /** Aborted when somebody asked for the end through the API (`knap down`). */
  readonly stopRequested: AbortSignal;
  /** Builds a Service's image with the engine; undefined when services run as processes. */
  readonly buildImage: BuildServiceImage | undefined;
  /** `gentle`: in-flight requests get 5 s, containers their stop timeout. `now`: everything is force-removed. A later `now` hurries an earlier `gentle`. */
  stop(how: "gentle" | "now"): Promise<void>;
}
