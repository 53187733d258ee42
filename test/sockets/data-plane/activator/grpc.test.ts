import {
  type Client,
  credentials,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Backend } from "../../../../src/data-plane/activator/backend.ts";
import { DataPlane, HOST, makeIngress } from "../../../support/data-plane.ts";

const text = {
  requestSerialize: (value: string) => Buffer.from(value),
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: (value: string) => Buffer.from(value),
  responseDeserialize: (bytes: Buffer) => bytes.toString(),
};
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  ...text,
});
const Echo = {
  Greet: method("Say", false, false),
  Count: method("Count", false, true),
  Talk: method("Talk", true, true),
} satisfies ServiceDefinition;

const greet: handleUnaryCall<string, string> = (call, done) => {
  if (call.request === "unknown") {
    const details = new Metadata();
    details.set("x-detail", "gone");
    done({ code: status.NOT_FOUND, details: "no such name", metadata: details });
  } else if (call.request !== "silence") {
    call.sendMetadata(call.metadata.clone());
    done(null, `hello ${call.request} by ${call.getHost?.() ?? ""}`);
  }
};

/** Counts to three. Ends the stream only if the request is "end". */
const count =
  (onCancelled: () => void): handleServerStreamingCall<string, string> =>
  (call) => {
    call.on("cancelled", onCancelled);
    for (let i = 1; i <= 3; i += 1) call.write(`${i}`);
    if (call.request === "end") call.end();
  };

const talk: handleBidiStreamingCall<string, string> = (call) => {
  call.on("data", (value: string) => call.write(value.toUpperCase()));
  call.on("end", () => call.end());
};

describe("gRPC through the whole request path", () => {
  let plane: DataPlane;
  let server: Server;
  let client: Client;
  let pod: Backend;
  let cancelled: number;
  let call: (request: string, deadlineMs?: number) => Promise<string>;

  beforeEach(async () => {
    cancelled = 0;
    server = new Server();
    server.addService(Echo, { Greet: greet, Count: count(() => cancelled++), Talk: talk });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }, 81));
    pod = plane.pod({ name: "a", port }).backend();
    plane.update({ backends: [pod] });
    const EchoClient = makeGenericClientConstructor(Echo, "Echo");
    client = new EchoClient(`127.0.0.1:${plane.listener.port}`, credentials.createInsecure(), {
      "grpc.default_authority": HOST,
    });
    call = (request, deadlineMs = 10_000) =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + deadlineMs };
        const done = (error: ServiceError | null, value?: string) => (error ? reject(error) : resolve(value ?? ""));
        client.makeUnaryRequest(
          Echo.Greet.path,
          text.requestSerialize,
          text.responseDeserialize,
          request,
          new Metadata(),
          options,
          done,
        );
      });
  });
  afterEach(async () => {
    client.close();
    server.forceShutdown();
    await plane[Symbol.asyncDispose]();
  });
  const stream = (request: string) =>
    client.makeServerStreamRequest(Echo.Count.path, text.requestSerialize, text.responseDeserialize, request);

  it("a gRPC app sees the authority that the client used", async () => {
    expect(await call("you")).toBe(`hello you by ${HOST}`);
  });

  it("a gRPC call waits for the first pod", async () => {
    plane.update({ backends: [] });
    const answer = call("you");
    await expect.poll(() => plane.activator.loadOf("default/hello-00001").waiting).toBe(1);
    plane.update({ backends: [pod] });
    expect(await answer).toBe(`hello you by ${HOST}`);
  });

  it("a gRPC error with trailers only reaches the client", async () => {
    const error = await call("unknown").catch((reason: ServiceError) => reason);
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: "no such name" });
    expect((error as ServiceError).metadata.get("x-detail")).toEqual(["gone"]);
  });

  it("a server stream ends with the server", async () => {
    const values: string[] = [];
    for await (const value of stream("end")) values.push(value as string);
    expect(values).toEqual(["1", "2", "3"]);
  });

  it("a bidirectional stream flows in both directions at the same time", async () => {
    const talk = client.makeBidiStreamRequest(Echo.Talk.path, text.requestSerialize, text.responseDeserialize);
    const answers: string[] = [];
    talk.on("data", (value: string) => {
      answers.push(value);
      if (answers.length < 3) talk.write(`again ${answers.length}`);
      else talk.end();
    });
    talk.write("first");
    await new Promise((resolve) => talk.on("end", resolve));
    expect(answers).toEqual(["FIRST", "AGAIN 1", "AGAIN 2"]);
  });

  it("a cancelled call reaches the app and frees its slot (T39)", async () => {
    const open = stream("go on");
    await new Promise((resolve) => open.once("data", resolve));
    open.on("error", () => {});
    open.cancel();
    await expect.poll(() => [cancelled, plane.activator.loadOf("default/hello-00001").inFlight]).toEqual([1, 0]);
  });

  it("a call ends at the client's deadline", async () => {
    await expect(call("silence", 150)).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await expect.poll(() => plane.activator.loadOf("default/hello-00001").inFlight).toBe(0);
  });
});
