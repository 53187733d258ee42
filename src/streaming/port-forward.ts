// Forwards connections of a client to ports of a pod, over one WebSocket.
import type { Duplex } from "node:stream";
import { errorText } from "../base/errors.ts";
import { CHANNEL_PROTOCOLS, ChannelSocket, MAX_CHANNELS } from "./channel-socket.ts";
import { Inbox } from "./inbox.ts";
import { SpdyError } from "./spdy-frames.ts";
import { SpdySession, type SpdyStream } from "./spdy-session.ts";
import type { WebSocket } from "./websocket.ts";

/** In this subprotocol, the messages are the bytes of a SPDY connection, with two streams for each connection. */
export const SPDY_TUNNEL = "SPDY/3.1+portforward.k8s.io";
/** In the others, each port has two channels and one connection. */
export const PORT_FORWARD_PROTOCOLS: readonly string[] = [SPDY_TUNNEL, ...CHANNEL_PROTOCOLS];
export const MAX_PORTS = MAX_CHANNELS / 2;

export interface ForwardedPorts {
  /** As error texts name it: `NAME, uid UID`. */
  readonly pod: string;
  /** Opens a connection to a port. Rejects with an error for the user. */
  dial(port: number): Promise<Duplex>;
}

/** The client's side of a forwarded connection. */
interface ClientConnection {
  readonly input: Inbox;
  send(data: Buffer): Promise<void>;
  sendError(text: string): Promise<void>;
  /** Nothing more is sent. */
  end(): void;
}

/** Resolves when the client has disconnected, or has violated the protocol. */
export async function serveTunnel(socket: WebSocket, ports: ForwardedPorts): Promise<void> {
  const waiting = new Map<string, SpdyStream>();
  const session = new SpdySession(
    (bytes) => socket.send(bytes),
    (stream) => {
      const { headers } = stream;
      const [type, port, request] = ["streamtype", "port", "requestid"].map((name) => headers.get(name) ?? "");
      if ((type !== "data" && type !== "error") || !isPort(Number(port))) return stream.reset();
      const [own, others] = [`${type} ${request}`, `${type === "data" ? "error" : "data"} ${request}`];
      const other = waiting.get(others);
      waiting.delete(others);
      if (other) return void forward(Number(port), ports, type === "data" ? pair(stream, other) : pair(other, stream));
      waiting.set(own, stream);
      stream.input.once("close", () => waiting.delete(own));
    },
  );
  try {
    for await (const message of socket.messages()) await session.receive(message);
  } catch (error) {
    if (!(error instanceof SpdyError)) throw error;
  }
  session.close();
}

function pair(data: SpdyStream, error: SpdyStream): ClientConnection {
  return {
    input: data.input,
    send: (chunk) => data.send(chunk),
    sendError: (text) => error.send(Buffer.from(text)),
    end: () => {
      data.end();
      error.end();
    },
  };
}

/** `wanted`: at most {@link MAX_PORTS}. Resolves when all connections have ended, or the client has disconnected. */
export async function serveChannels(
  socket: WebSocket,
  protocol: string,
  wanted: readonly number[],
  ports: ForwardedPorts,
): Promise<void> {
  const channels = new ChannelSocket(socket, protocol);
  const inputs = wanted.map(() => new Inbox());
  const forwarding = wanted.map(async (port, index) => {
    const [data, error] = [2 * index, 2 * index + 1];
    const portBytes = Buffer.of(port & 0xff, port >> 8);
    await Promise.all([channels.send(data, portBytes), channels.send(error, portBytes)]);
    await forward(port, ports, {
      input: inputs[index] as Inbox,
      send: (chunk) => channels.send(data, chunk),
      sendError: (text) => channels.send(error, Buffer.from(text)),
      end: () => {},
    });
  });
  const ended = Promise.all(forwarding).then(() => socket.close());
  for await (const { channel, data } of channels.messages()) {
    if (channel % 2 === 0) await inputs[channel / 2]?.add(data);
  }
  for (const input of inputs) input.destroy();
  await ended;
}

/** Never rejects. */
async function forward(port: number, { pod, dial }: ForwardedPorts, client: ClientConnection): Promise<void> {
  try {
    const target = await dial(port);
    await relay(client, target);
  } catch (error) {
    await client.sendError(`error forwarding port ${port} to pod ${pod}: ${errorText(error)}`);
  }
  client.end();
  // What still comes from the client is dropped.
  client.input.destroy();
}

/** Resolves when the target has closed its side, or the client is gone. */
async function relay({ input, send }: ClientConnection, target: Duplex): Promise<void> {
  target.on("error", () => {});
  const disconnect = (): void => void target.destroy();
  if (input.destroyed && !input.readableEnded) disconnect();
  // An input that has ended is destroyed too.
  input.once("close", () => !input.readableEnded && disconnect());
  input.pipe(target);
  try {
    for await (const chunk of target) await send(chunk as Buffer);
  } catch {
    // As Kubernetes, which reports only failures to connect.
  }
  disconnect();
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 2 ** 16;
}
