// Serves gRPC on one connection. Methods get and return protobuf messages as bytes.
import { type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { Readable } from "node:stream";

/** The status codes of gRPC that knap answers. */
const STATUS = { ok: 0, unknown: 2, notFound: 5, unimplemented: 12 } as const;
const HEADERS = { ":status": 200, "content-type": "application/grpc" };
/** A flag for compression, and the length of the message. */
const PREFIX_BYTES = 5;

/** Says that what the call asks for does not exist. Other errors of a method have the status `unknown`. */
export class GrpcNotFound extends Error {}

/** A unary method yields one message for the one that it gets. */
export type GrpcMethod = (requests: AsyncIterable<Buffer>, headers: IncomingHttpHeaders) => AsyncIterable<Buffer>;

export function unary(answer: (request: Buffer) => Promise<Buffer> | Buffer): GrpcMethod {
  return async function* (requests) {
    for await (const request of requests) yield await answer(request);
  };
}

/** Answers calls of the peer until the connection ends. `methods`: by path, `/package.Service/Method`. */
export function serveGrpc(socket: Socket, methods: ReadonlyMap<string, GrpcMethod>): void {
  const session = performServerHandshake(socket);
  // The build fails by itself if its session breaks.
  session.on("error", () => {});
  session.on("stream", (stream, headers) => answerCall(stream, headers, methods.get(headers[":path"] ?? "")));
}

function answerCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, method: GrpcMethod | undefined): void {
  stream.on("error", () => {});
  if (method === undefined) {
    stream.respond({ ...HEADERS, "grpc-status": STATUS.unimplemented }, { endStream: true });
    return;
  }
  let outcome: { status: number; message?: string } = { status: STATUS.ok };
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.once("wantTrailers", () => {
    const { status, message } = outcome;
    stream.sendTrailers({ "grpc-status": status, ...(message && { "grpc-message": encodeURIComponent(message) }) });
  });
  const replies = Readable.from(framed(method(readMessages(stream), headers)));
  replies.once("error", (error) => {
    outcome = { status: error instanceof GrpcNotFound ? STATUS.notFound : STATUS.unknown, message: error.message };
    stream.end();
  });
  stream.once("close", () => replies.destroy());
  replies.pipe(stream);
}

async function* framed(messages: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const message of messages) {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(message.length, 1);
    yield Buffer.concat([prefix, message]);
  }
}

async function* readMessages(stream: ServerHttp2Stream): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  // A method that throws stops reading, and its status is still to be sent.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    pending = Buffer.concat([pending, chunk as Buffer]);
    while (pending.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + pending.readUInt32BE(1);
      if (pending.length < end) break;
      yield pending.subarray(PREFIX_BYTES, end);
      pending = pending.subarray(end);
    }
  }
}
