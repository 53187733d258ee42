// Hands a DNS query on to the resolvers that this machine itself uses, as it came, and brings back their reply. It caches nothing and rewrites nothing.
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns";
import { connect } from "node:net";
import { FrameReader, frame } from "./dns-frames.ts";
import { isReplyTo } from "./dns-message.ts";
import type { AnswerQuery, Transport } from "./dns-server.ts";

/** Callers give up after 5 s and then try again: being told "failed" before that is better. */
const PATIENCE_MS = 1500;
const MOST_SERVERS = 3;
const MOST_UNDER_WAY = 256;
const DNS_PORT = 53;

interface Upstream {
  readonly host: string;
  readonly port: number;
}

/** The machine's resolvers, read anew each time: they change with the network one is in. */
function hostResolvers(): readonly string[] {
  return new Resolver().getServers();
}

/** Asks one resolver after the other; undefined: none answered in time, or too much is under way already. */
export function makeDnsForwarder(resolvers: () => readonly string[] = hostResolvers): AnswerQuery {
  let underWay = 0;
  return async (query, transport) => {
    if (underWay >= MOST_UNDER_WAY) return undefined;
    underWay += 1;
    try {
      const upstreams = resolvers().slice(0, MOST_SERVERS).map(parseUpstream);
      for (const upstream of upstreams) {
        const reply = await ask(upstream, query, transport, PATIENCE_MS / upstreams.length);
        if (reply) return reply;
      }
      return undefined;
    } finally {
      underWay -= 1;
    }
  };
}

/** `1.1.1.1`, `1.1.1.1:5353`, `fe80::1`, `[fe80::1]:5353`. */
export function parseUpstream(text: string): Upstream {
  const [, host = text, port] = /^\[(.*)\]:(\d+)$/.exec(text) ?? /^([^:]*):(\d+)$/.exec(text) ?? [];
  return { host, port: Number(port ?? DNS_PORT) };
}

function ask(to: Upstream, query: Buffer, transport: Transport, withinMs: number): Promise<Buffer | undefined> {
  return transport === "udp" ? askByUdp(to, query, withinMs) : askByTcp(to, query, withinMs);
}

/** On a connected socket of its own: only that server's datagrams arrive, and "nobody listens" is known at once. */
function askByUdp({ host, port }: Upstream, query: Buffer, withinMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    let over = false;
    const finish = (reply?: Buffer): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      socket.close();
      resolve(reply);
    };
    const timer = setTimeout(finish, withinMs);
    socket.on("error", () => finish());
    socket.on("message", (reply) => isReplyTo(query, reply) && finish(reply));
    socket.connect(port, host, () => {
      if (!over) socket.send(query, (error) => error && finish());
    });
  });
}

function askByTcp({ host, port }: Upstream, query: Buffer, withinMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const reader = new FrameReader();
    const socket = connect({ host, port }, () => socket.write(frame(query)));
    const finish = (reply?: Buffer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(finish, withinMs);
    socket.on("error", () => finish()).on("close", () => finish());
    socket.on("data", (chunk: Buffer) => {
      const reply = reader.push(chunk).find((message) => isReplyTo(query, message));
      if (reply) finish(reply);
    });
  });
}
