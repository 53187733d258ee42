// What the gateway container is told by its environment, written and read in one place.
import type { RelayTarget } from "./relay-client.ts";

export interface GatewayOrder {
  /** `serve`: be the gateway. `try`: say by the exit code whether knap can be reached, and end. */
  readonly task: "serve" | "try";
  readonly targets: readonly RelayTarget[];
  readonly secret: string;
  /** The public ingress's port. */
  readonly publicPort: number;
}

const VARIABLE = "KNAP_GATEWAY_ORDER";

export function makeOrderEnv(order: GatewayOrder): readonly (readonly [name: string, value: string])[] {
  return [[VARIABLE, JSON.stringify(order)]];
}

/** Throws when there is none: then this is not a gateway container. */
export function readOrderEnv(env: Readonly<Record<string, string | undefined>>): GatewayOrder {
  return JSON.parse(env[VARIABLE] ?? "") as GatewayOrder;
}
