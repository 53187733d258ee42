// Tests the API over https: the certificate, HTTP/2 and HTTP/1.1, streams and upgrades.
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { makeHttpClient } from "../../../src/client/http-client.ts";
import { makeLoopbackCertificate } from "../../../src/gateway/certificates.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, data = {}): AnyObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data }) as AnyObject;

let api: ApiRig;
let session: ClientHttp2Session;
beforeEach(async () => {
  api = await startApi({ scheme: "https", unknownFields: () => ["spec.größe"] });
  session = connectHttp2(api.address, { ca: api.authority });
});
afterEach(async () => {
  session.destroy();
  await api[Symbol.asyncDispose]();
});

const open = (path: string, headers = {}, body?: string): ClientHttp2Stream => {
  const stream = session.request({ ":path": path, authorization: "Bearer secret", ...headers }, { endStream: !body });
  if (body) stream.end(body);
  return stream;
};
async function textOf(stream: ClientHttp2Stream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
const openTls = (protocol: string): TLSSocket =>
  connectTls({
    host: "127.0.0.1",
    port: Number(new URL(api.address).port),
    ca: api.authority,
    ALPNProtocols: [protocol],
  });

describe("the certificate of the API", () => {
  test.each(["127.0.0.1", "localhost"])(
    "a client that trusts the session's authority reaches the API as %s",
    async (host) => {
      const address = api.address.replace("127.0.0.1", host);
      const client = makeHttpClient({ address, token: api.token, authority: api.authority });
      expect((await client.list("Namespace")).items).not.toEqual([]);
    },
  );

  test("a client that trusts another authority does not send its token", async () => {
    const { authority } = await makeLoopbackCertificate(new Date());
    const client = makeHttpClient({ address: api.address, token: api.token, authority });
    await expect(client.list("Namespace")).rejects.toThrow(`the API at ${api.address} cannot be reached`);
  });
});

describe("HTTP/2", () => {
  test("objects are written, read and refused over HTTP/2, with warnings in UTF-8", async () => {
    const json = { ":method": "POST", "content-type": "application/json" };
    const created = open(
      "/apis/serving.knative.dev/v1/namespaces/default/services",
      json,
      JSON.stringify(ksvc("hello")),
    );
    const [head] = await Promise.all([
      new Promise<Record<string, unknown>>((resolve) => created.once("response", resolve)),
      textOf(created),
    ]);
    expect(head[":status"]).toBe(201);
    expect(Buffer.from(String(head["warning"]), "latin1").toString()).toContain("spec.größe");
    expect(JSON.parse(await textOf(open(`${MAPS}/none`)))).toMatchObject({ kind: "Status", code: 404 });
    const tooLong = open(MAPS, json, JSON.stringify(configMap("big", { a: "x".repeat(4 * 1024 * 1024) })));
    expect(JSON.parse(await textOf(tooLong))).toMatchObject({ kind: "Status", code: 413 });
    const bodiless = open(MAPS, { ":method": "HEAD" });
    expect(await textOf(bodiless)).toBe("");
  });

  test("a watch sends events over HTTP/2 beside other requests of the connection, and ends with the server", async () => {
    const watch = open(`${MAPS}?watch=true&resourceVersion=${api.store.version}`);
    const text = textOf(watch).catch(() => "aborted");
    const events: string[] = [];
    watch.on("data", (chunk: Buffer) => events.push(String(chunk)));
    api.store.create(configMap("a"));
    await expect.poll(() => events.join("")).toContain('"type":"ADDED"');
    expect(JSON.parse(await textOf(open(MAPS)))).toMatchObject({ kind: "ConfigMapList" });
    await api[Symbol.asyncDispose]();
    await text;
  });

  test("a watch whose client never reads is cut off", async () => {
    const watch = open(`${MAPS}?watch=true&resourceVersion=${api.store.version}`);
    const closed = new Promise<void>((resolve) => watch.once("close", resolve).on("error", () => {}));
    const data = { text: "x".repeat(1024 * 1024) };
    for (let index = 0; index < 24; index++) api.store.create(configMap(`m${index}`, data));
    await closed;
    expect(JSON.parse(await textOf(open(`${MAPS}/none`)))).toMatchObject({ code: 404 });
  });
});

test("a request that asks for an upgrade over TLS, which its path does not have, gets a plain answer", async () => {
  const socket = openTls("http/1.1");
  const head = ["GET /version HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", "", ""];
  socket.write(head.join("\r\n"));
  const text = await new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
  socket.destroy();
  expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
});
