// Calls over a socket whose server is the side that connected, as in a session of BuildKit.
import { connect as connectHttp2, constants } from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { bytesField, readMessage } from "../../../src/base/protobuf.ts";
import { type GrpcMethod, GrpcNotFound, serveGrpc, unary } from "../../../src/node/runtime/docker/grpc-server.ts";

const echo: GrpcMethod = async function* (requests) {
  for await (const request of requests) yield request;
};
const methods = new Map<string, GrpcMethod>([
  ["/a.B/Echo", echo],
  [
    "/a.B/Missing",
    unary(() => {
      throw new GrpcNotFound("no such thing: ü");
    }),
  ],
  [
    "/a.B/Broken",
    unary(() => {
      throw new Error("broken");
    }),
  ],
]);

/** Serves the methods on one end of a connection, and calls one from the other end. */
async function call(path: string, requests: readonly Buffer[]) {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise<Socket>((resolve) => listener.once("connection", resolve));
  const served = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  serveGrpc(served, methods);
  const socket = await accepted;
  const client = connectHttp2("http://peer", { createConnection: () => socket });
  const stream = client.request({ [constants.HTTP2_HEADER_METHOD]: "POST", [constants.HTTP2_HEADER_PATH]: path });
  let status: Record<string, unknown> = {};
  stream.on("response", (headers) => {
    status = { ...status, ...headers };
  });
  stream.on("trailers", (headers) => {
    status = { ...status, ...headers };
  });
  for (const request of requests) {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(request.length, 1);
    // In pieces that are no whole messages.
    for (const part of [prefix.subarray(0, 3), prefix.subarray(3), request.subarray(0, 1), request.subarray(1)])
      stream.write(part);
  }
  stream.end();
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  client.destroy();
  served.destroy();
  await new Promise((resolve) => listener.close(resolve));
  return { status: String(status["grpc-status"]), message: status["grpc-message"], body: Buffer.concat(parts) };
}

test("messages of any size arrive in order, and the status follows them", async () => {
  const requests = [Buffer.from("one"), Buffer.alloc(200_000, 7), Buffer.from("three")];
  const { status, body } = await call("/a.B/Echo", requests);
  expect(status).toBe("0");
  expect(body.length).toBe(3 * 5 + requests.reduce((sum, { length }) => sum + length, 0));
  expect(body.subarray(-5).toString()).toBe("three");
});

test("an unknown method, a missing thing and an error each have their status", async () => {
  expect(await call("/a.B/None", [])).toMatchObject({ status: "12" });
  expect(await call("/a.B/Missing", [Buffer.from("x")])).toMatchObject({
    status: "5",
    message: "no%20such%20thing%3A%20%C3%BC",
  });
  expect(await call("/a.B/Broken", [Buffer.from("x")])).toMatchObject({ status: "2", message: "broken" });
});

test("a field that is written can be read", () => {
  const long = Buffer.alloc(70_000, 1);
  const { fields, whole } = readMessage(Buffer.concat([bytesField(1, "ü"), bytesField(300, long)]));
  expect(whole).toBe(true);
  expect(fields).toEqual([
    { number: 1, value: Buffer.from("ü") },
    { number: 300, value: long },
  ]);
});
