// Forwards DNS queries unchanged to this machine's resolvers. Does not cache replies.
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns";
import { connect } from "node:net";
import { askOnStream } from "./dns-frames.ts";
import { isReplyTo } from "./dns-message.ts";
import type { Transport } from "./dns-server.ts";

/** Resolver libraries give up after 5 s and repeat the query, so a failure must come earlier. */
const TIME_LIMIT_MS = 1500;
const MAX_SERVERS = 3;
const MAX_IN_FLIGHT = 256;
const DNS_PORT = 53;

export type ForwardQuery = (query: Buffer, transport: Transport) => Promise<Buffer | undefined>;

interface Upstream {
  readonly host: string;
  readonly port: number;
}

/** Called for each query, because the resolvers change when the machine changes its network. */
function hostResolvers(): readonly string[] {
  return new Resolver().getServers();
}

/**
 * Returns a function that asks one resolver after the other. The function resolves with undefined if no resolver
 * replies, or if it is overloaded.
 */
export function makeDnsForwarder(resolvers: () => readonly string[] = hostResolvers): ForwardQuery {
  let inFlight = 0;
  return async (query, transport) => {
    if (inFlight >= MAX_IN_FLIGHT) return undefined;
    inFlight += 1;
    try {
      const upstreams = resolvers().slice(0, MAX_SERVERS).map(parseUpstream);
      for (const upstream of upstreams) {
        const reply = await ask(upstream, query, transport, TIME_LIMIT_MS / upstreams.length);
        if (reply) return reply;
      }
      return undefined;
    } finally {
      inFlight -= 1;
    }
  };
}

/** Accepts `1.1.1.1`, `1.1.1.1:5353`, `fe80::1` and `[fe80::1]:5353`. */
export function parseUpstream(text: string): Upstream {
  const [, host = text, port] = /^\[(.*)\]:(\d+)$/.exec(text) ?? /^([^:]*):(\d+)$/.exec(text) ?? [];
  return { host, port: Number(port ?? DNS_PORT) };
}

function ask(to: Upstream, query: Buffer, transport: Transport, withinMs: number): Promise<Buffer | undefined> {
  if (transport === "udp") return askByUdp(to, query, withinMs);
  return askOnStream(connect(to), query, withinMs, (reply) => isReplyTo(query, reply));
}

/** A connected socket receives only the server's datagrams, and reports a closed port at once. */
function askByUdp({ host, port }: Upstream, query: Buffer, withinMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    let isDone = false;
    const finish = (reply?: Buffer): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      socket.close();
      resolve(reply);
    };
    const timer = setTimeout(finish, withinMs);
    socket.on("error", () => finish());
    socket.on("message", (reply) => isReplyTo(query, reply) && finish(reply));
    // Node passes the error of a failed connect, for instance ENETUNREACH. Its types do not declare it.
    socket.connect(port, host, (failure?: unknown) => {
      if (failure) finish();
      else if (!isDone) socket.send(query, (error) => error && finish());
    });
  });
}
