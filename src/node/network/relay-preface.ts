// The first line of every connection from the gateway container to knap: a secret, what the connection is for, and whose it is. Text only.
import { timingSafeEqual } from "node:crypto";

/** `local` and `public`: bytes for that door. `dns-udp` and `dns-tcp`: framed queries that came so. `hello`: is knap there? `ready`: containers are served from now on. */
export type RelayKind = "local" | "public" | "dns-udp" | "dns-tcp" | "hello" | "ready";

export interface Preface {
  readonly kind: RelayKind;
  /** The address of the container that called; "-": nobody in particular. */
  readonly peer: string;
}

const PROTOCOL = "KNAP1";
/** A longer first line is no preface. */
export const LONGEST_PREFACE = 256;
/** What knap says to `hello`. */
export const HELLO_REPLY = "knap\n";

export function makePreface(secret: string, { kind, peer }: Preface): string {
  return `${PROTOCOL} ${secret} ${kind} ${peer}\n`;
}

/** undefined: not from our gateway. `line` is without its line end. */
export function readPreface(secret: string, line: string): Preface | undefined {
  const [protocol, shown = "", kind = "", peer = "", ...more] = line.split(" ");
  const [given, wanted] = [Buffer.from(shown), Buffer.from(secret)];
  if (protocol !== PROTOCOL || more.length > 0 || given.length !== wanted.length) return undefined;
  return timingSafeEqual(given, wanted) && isKind(kind) ? { kind, peer } : undefined;
}

function isKind(text: string): text is RelayKind {
  return ["local", "public", "dns-udp", "dns-tcp", "hello", "ready"].includes(text);
}
