// The open parts of a started harness, which its verbs use.
import type { Client } from "../client/client.ts";
import type { StartedSession } from "./protocol.ts";
import type { SessionProcess } from "./session-process.ts";

export interface RunningHarness extends Pick<StartedSession, "namespace" | "clock" | "session" | "kubeconfig"> {
  readonly process: SessionProcess;
  readonly client: Client;
  readonly ingress: StartedSession["ingress"];
  /** Sends a request to the ingress. `headers` replace those of `init`. */
  send(host: string, path: string, init: RequestInit, headers: Readonly<Record<string, string>>): Promise<Response>;
  /** Closes the connections to the ingress. */
  closeConnections(): void;
}
