// The gateway container's way to knap: finds the address that answers, and opens a connection for each thing that has to go there.
import { connect, type Socket } from "node:net";
import { FrameReader, frame } from "./dns-frames.ts";
import type { Transport } from "./dns-server.ts";
import { HELLO_REPLY, makePreface, type RelayKind } from "./relay-preface.ts";

const HELLO_MS = 2000;
const DNS_MS = 4000;

export interface RelayTarget {
  readonly host: string;
  readonly port: number;
}

/** The first of these addresses at which knap answers; undefined: none does now. They are tried at the same time. */
export async function findKnap(targets: readonly RelayTarget[], secret: string): Promise<RelayTarget | undefined> {
  const answers = targets.map(async (target) => {
    if (await isKnapAt(target, secret, "hello")) return target;
    throw new Error("silent");
  });
  return Promise.any(answers).catch(() => undefined);
}

/** A connection to knap that has said what it is for. */
export function openRelay(target: RelayTarget, secret: string, kind: RelayKind, peer: string): Socket {
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  socket.write(makePreface(secret, { kind, peer }));
  return socket;
}

/** Joins a container's connection with knap; when either is cut, so is the other. */
export function relay(client: Socket, knap: Socket): void {
  const cut = (): void => {
    client.destroy();
    knap.destroy();
  };
  client.on("error", cut).on("close", cut);
  knap.on("error", cut).on("close", () => (client.readableEnded || client.destroyed ? undefined : client.end()));
  client.pipe(knap);
  knap.pipe(client);
}

/** Asks knap one DNS question; undefined: no answer. */
export function askKnap(
  target: RelayTarget,
  secret: string,
  query: Buffer,
  transport: Transport,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = openRelay(target, secret, `dns-${transport}`, "-");
    const reader = new FrameReader();
    const finish = (reply?: Buffer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(finish, DNS_MS);
    socket.on("error", () => finish()).on("close", () => finish());
    socket.on("data", (chunk: Buffer) => {
      const [reply] = reader.push(chunk);
      if (reply) finish(reply);
    });
    socket.write(frame(query));
  });
}

/** Whether knap answers there. */
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
