// Connects the gateway container with knap: finds the address at which knap answers, and relays connections and DNS
// queries to it.
import { connect, type Socket } from "node:net";
import { askOnStream } from "./dns-frames.ts";
import type { Transport } from "./dns-server.ts";
import { HELLO_REPLY, makePreface, type RelayKind, type RelayTarget } from "./relay-protocol.ts";

const HELLO_MS = 2000;
const DNS_MS = 4000;

/** Tries all addresses at once. Resolves with the first at which knap answers; undefined if there is none. */
export async function findKnap(targets: readonly RelayTarget[], secret: string): Promise<RelayTarget | undefined> {
  const answers = targets.map(async (target) => {
    if (await isKnapAt(target, secret, "hello")) return target;
    throw new Error("no answer");
  });
  return Promise.any(answers).catch(() => undefined);
}

/** Opens a connection to knap and sends its preface. */
export function openRelay(target: RelayTarget, secret: string, kind: RelayKind, peer: string): Socket {
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  socket.write(makePreface(secret, { kind, peer }));
  return socket;
}

/** Pipes both connections into each other. Destroys both if one is reset. */
export function relay(client: Socket, knap: Socket): void {
  const destroy = (): void => {
    client.destroy();
    knap.destroy();
  };
  client.on("error", destroy).on("close", destroy);
  knap.on("error", destroy).on("close", () => (client.readableEnded || client.destroyed ? undefined : client.end()));
  client.pipe(knap);
  knap.pipe(client);
}

/** Sends knap one DNS query of a container. Resolves with undefined if no reply comes in time. */
export function askKnap(
  target: RelayTarget,
  secret: string,
  query: Buffer,
  { transport, peer }: { readonly transport: Transport; readonly peer: string },
): Promise<Buffer | undefined> {
  return askOnStream(openRelay(target, secret, `dns-${transport}`, peer), query, DNS_MS, () => true);
}

/** Resolves to true if knap answers at that address. */
export function isKnapAt(target: RelayTarget, secret: string, kind: "hello" | "ready"): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openRelay(target, secret, kind, "-");
    let text = "";
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text === HELLO_REPLY);
    };
    const timer = setTimeout(finish, HELLO_MS);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.on("end", finish).on("error", finish);
  });
}
