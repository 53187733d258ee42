// Serves the HTTP/2 connections of a listener with a node:http2 server that does not listen itself.
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { Handler } from "../http/exchange.ts";
import { readTarget } from "../http/target.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { ListenerLimits, ListenerState } from "./listener-options.ts";

export interface Http2Listener {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  adopt(socket: Duplex): void;
}

const END_STREAM = 1;

export function makeHttp2Listener(state: ListenerState, handler: Handler, limits: ListenerLimits): Http2Listener {
  const server: Http2Server = createServer({
    maxHeaderListPairs: 10_000,
    settings: { maxHeaderListSize: limits.headerBytes, initialWindowSize: 1024 * 1024 },
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(1024 * 1024);
    session.on("error", ignore);
    session.on("close", () => sessions.delete(session));
    // Streams in progress finish first.
    if (limits.keepAliveTimeoutMs > 0) session.setTimeout(limits.keepAliveTimeoutMs, () => session.close());
  });
  server.on("sessionError", ignore);
  server.on("stream", (stream, headers, flags, ...more: unknown[]) => {
    const read = headers[":method"] === "CONNECT" ? { target: "" } : readTarget(String(headers[":path"] ?? "/"));
    if (read === undefined) {
      stream.respond({ ":status": 400 }, { endStream: true });
      return;
    }
    const rawHeaders = more[0] as readonly string[];
    const ended = (flags & END_STREAM) !== 0;
    const exchange = new Http2Exchange({ stream, headers, rawHeaders, ended, target: read.target, state });
    handler(exchange).catch((fault: unknown) => exchange.abort(String(fault)));
  });
  return { sessions, adopt: (socket) => void server.emit("connection", socket) };
}

function ignore(): void {}
