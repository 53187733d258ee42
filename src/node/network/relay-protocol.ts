// Encodes what knap and its gateway container exchange: the settings in the container's environment, and the first line
// of each connection (the preface).
import { timingSafeEqual } from "node:crypto";

export interface RelayTarget {
  readonly host: string;
  readonly port: number;
}

export interface GatewaySettings {
  /** `serve`: run as the gateway. `try`: exit with 0 if knap can be reached, else with 1. */
  readonly task: "serve" | "try";
  /** The addresses at which knap may listen. */
  readonly targets: readonly RelayTarget[];
  readonly secret: string;
  /** The port of the public ingress. */
  readonly publicPort: number;
}

/**
 * `local` and `public`: HTTP for that listener. `dns-udp` and `dns-tcp`: framed queries that arrived by UDP or TCP.
 * `hello` asks whether knap listens here. `ready` reports that the gateway serves containers.
 */
export type RelayKind = "local" | "public" | "dns-udp" | "dns-tcp" | "hello" | "ready";

export interface Preface {
  readonly kind: RelayKind;
  /** The address of the calling container; "-" if there is none. */
  readonly peer: string;
}

const SETTINGS_VARIABLE = "KNAP_GATEWAY_ORDER";
const PROTOCOL = "KNAP1";
/** In bytes. A longer first line is not accepted as a preface. */
export const LONGEST_PREFACE = 256;
/** knap's reply to `hello` and `ready`. */
export const HELLO_REPLY = "knap\n";

export function makeSettingsEnv(settings: GatewaySettings): readonly (readonly [name: string, value: string])[] {
  return [[SETTINGS_VARIABLE, JSON.stringify(settings)]];
}

/** Throws if the variable is missing, because the process is then no gateway container. */
export function readSettingsEnv(env: Readonly<Record<string, string | undefined>>): GatewaySettings {
  return JSON.parse(env[SETTINGS_VARIABLE] ?? "") as GatewaySettings;
}

export function makePreface(secret: string, { kind, peer }: Preface): string {
  return `${PROTOCOL} ${secret} ${kind} ${peer}\n`;
}

/** Returns undefined if the line is no preface with the secret. `line` has no line end. */
export function readPreface(secret: string, line: string): Preface | undefined {
  const [protocol, shown = "", kind = "", peer = "", ...more] = line.split(" ");
  const [given, wanted] = [Buffer.from(shown), Buffer.from(secret)];
  if (protocol !== PROTOCOL || more.length > 0 || given.length !== wanted.length) return undefined;
  return timingSafeEqual(given, wanted) && isKind(kind) ? { kind, peer } : undefined;
}

function isKind(text: string): text is RelayKind {
  return ["local", "public", "dns-udp", "dns-tcp", "hello", "ready"].includes(text);
}
