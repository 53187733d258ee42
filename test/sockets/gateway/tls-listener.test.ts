// Tests the https listener of a session with certificates of the local authority or the user's own.
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { get as getTls } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ingress } from "../../../src/apis/networking/types.ts";
import { EnvironmentError } from "../../../src/base/environment-error.ts";
import { makeLogger, silentLogger } from "../../../src/base/logger.ts";
import type { ObjectStore } from "../../../src/control-plane/store/object-store.ts";
import { makeReply, sendReply } from "../../../src/data-plane/http/errors.ts";
import { headerValue } from "../../../src/data-plane/http/headers.ts";
import { IngressGateway } from "../../../src/data-plane/ingress/ingress.ts";
import { issueCertificate, makeAuthority } from "../../../src/gateway/certificates.ts";
import { GatewayListeners, type GatewayListenersOptions } from "../../../src/gateway/listeners.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { makeStore, written } from "../../support/store.ts";

const HOST = "hello.default.example.com";

function makeIngress(spec: Partial<Ingress["spec"]> = {}): Ingress {
  const paths = [
    { splits: [{ serviceNamespace: "default", serviceName: "hello-00001", servicePort: 80, percent: 100 }] },
  ];
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "Ingress",
    metadata: { name: "hello", namespace: "default" },
    spec: {
      rules: [
        { hosts: ["hello.default.svc.cluster.local"], visibility: "ClusterLocal", http: { paths } },
        { hosts: [HOST], visibility: "ExternalIP", http: { paths } },
      ],
      httpOption: "Enabled",
      ...spec,
    },
  } as Ingress;
}

function makeSecret(pair: { readonly cert: string; readonly key: string }) {
  const stringData = { "tls.crt": pair.cert, "tls.key": pair.key };
  const metadata = { name: "own", namespace: "default" };
  return { apiVersion: "v1", kind: "Secret" as const, metadata, type: "kubernetes.io/tls", stringData };
}

let folder: string;
let store: ObjectStore;
let listeners: GatewayListeners;

async function open(
  options: Partial<Pick<GatewayListenersOptions, "address" | "httpsPort" | "limits" | "log">> = {},
): Promise<void> {
  const gateway = new IngressGateway({
    address: "10.0.0.1",
    random: () => 0,
    forward: async (revision, exchange) => {
      const scheme = headerValue(exchange.headers, "x-forwarded-proto");
      sendReply(exchange, makeReply(200, `${revision} ${exchange.host} ${scheme}`));
    },
  });
  store = makeStore();
  listeners = await GatewayListeners.open({
    store,
    gateway,
    address: "127.0.0.1",
    port: await freePort(),
    authorityFolder: join(folder, "authority"),
    onPorts: () => {},
    log: silentLogger,
    ...options,
  });
}

const authority = (): string => readFileSync(join(folder, "authority", "authority.pem"), "utf8");
const dial = (ALPNProtocols: string[] = []): TLSSocket =>
  connectTls({
    host: "127.0.0.1",
    port: listeners.tlsAddress?.port ?? 0,
    servername: HOST,
    ca: authority(),
    ALPNProtocols,
  });

async function sendPlain(path = "/"): Promise<{ status: number; location: string | undefined }> {
  const outgoing = request({ ...listeners.publicAddress, path, headers: { host: HOST }, agent: false }).end();
  const [reply] = await once(outgoing, "response");
  reply.resume();
  return { status: reply.statusCode, location: reply.headers.location };
}

async function sendOverTls(): Promise<{ status: number; body: string }> {
  const ca = authority();
  const { port } = listeners.tlsAddress ?? {};
  const outgoing = getTls({ host: "127.0.0.1", port, servername: HOST, ca, headers: { host: HOST }, agent: false });
  const [reply] = await once(outgoing, "response");
  let body = "";
  for await (const chunk of reply) body += chunk;
  return { status: reply.statusCode, body };
}

async function servedCertificate(): Promise<X509Certificate> {
  const socket = dial();
  await once(socket, "secureConnect");
  const certificate = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return certificate;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knap-tls-"));
});
afterEach(async () => {
  await listeners.close(0);
  rmSync(folder, { recursive: true, force: true });
});

test("an ingress that other machines can reach says so at the start (11 A10)", async () => {
  await open({ address: "0.0.0.0" });
  expect(listeners.notices).toEqual([
    "the ingress listens on 0.0.0.0: other machines on the network can call every Service",
  ]);
});

describe("the https listener", () => {
  test("without an Ingress that needs it the https listener stays closed, and no authority is made", async () => {
    await open();
    store.create(makeIngress());
    expect((await sendPlain()).status).toBe(200);
    expect(listeners.tlsAddress).toBeUndefined();
    expect(() => statSync(join(folder, "authority"))).toThrow();
  });

  test("the https listener serves HTTP/2 and HTTP/1.1 clients by SNI, once an Ingress redirects to it (I15)", async () => {
    await open();
    store.create(makeIngress({ httpOption: "Redirected" }));
    await eventually(() => expect(listeners.tlsAddress).toBeDefined());
    const { port } = listeners.tlsAddress ?? {};
    await eventually(async () =>
      expect(await sendPlain("/a?b=c")).toEqual({ status: 301, location: `https://${HOST}:${port}/a?b=c` }),
    );
    const session = connectHttp2(`https://${HOST}`, { createConnection: () => dial(["h2", "http/1.1"]) });
    const stream = session.request({ ":path": "/", ":authority": HOST });
    const [headers] = await once(stream, "response");
    let body = "";
    for await (const chunk of stream) body += chunk;
    session.destroy();
    expect([headers[":status"], body]).toEqual([200, `default/hello-00001 ${HOST} https`]);
    expect(await sendOverTls()).toEqual({ status: 200, body: `default/hello-00001 ${HOST} https` });
    expect((await servedCertificate()).subjectAltName).toBe(`DNS:${HOST}`);
  });

  test("the https listener opens at the start on a port that the user names, and certifies new hosts", async () => {
    await open({ httpsPort: await freePort() });
    expect(listeners.tlsAddress).toBeDefined();
    store.create(makeIngress());
    await eventually(async () => expect((await sendOverTls()).status).toBe(200));
    expect((await sendPlain()).status).toBe(200);
    expect((await servedCertificate()).subjectAltName).toBe(`DNS:${HOST}`);
  });

  test("the authority is kept between sessions in a private file", async () => {
    await open({ httpsPort: await freePort() });
    const first = authority();
    expect(statSync(join(folder, "authority", "authority-key.pem")).mode & 0o777).toBe(0o600);
    await listeners.close(0);
    await open({ httpsPort: await freePort() });
    store.create(makeIngress());
    expect(authority()).toBe(first);
    await eventually(async () => expect((await sendOverTls()).status).toBe(200));
  });

  test("the https listener follows changes of the Secret that the Ingress names, and its deletion", async () => {
    await open();
    const own = await makeAuthority(new Date());
    const [one, two] = [
      await issueCertificate(own, [HOST], new Date()),
      await issueCertificate(own, [HOST], new Date()),
    ];
    const serial = (pair: { cert: string }) => new X509Certificate(pair.cert).serialNumber;
    const servedSerial = async (): Promise<string> => {
      const { port = 0 } = listeners.tlsAddress ?? {};
      const socket = connectTls({ host: "127.0.0.1", port, servername: HOST, rejectUnauthorized: false });
      await once(socket, "secureConnect");
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const secret = written(store.create(makeSecret(one)));
    store.create(makeIngress({ tls: [{ hosts: [HOST], secretName: "own", secretNamespace: "default" }] }));
    await eventually(async () => expect(await servedSerial()).toBe(serial(one)));
    store.update({ ...secret, ...makeSecret(two), metadata: { name: "own", namespace: "default" } });
    await eventually(async () => expect(await servedSerial()).toBe(serial(two)));
    store.delete({ kind: "Secret", namespace: "default", name: "own" });
    await eventually(async () => expect((await sendOverTls()).status).toBe(200));
  });

  test("the https listener applies the same limits as the plain one", async () => {
    await open({ httpsPort: await freePort(), limits: { headerBytes: 2048 } });
    const headers = { host: HOST, "x-long": "x".repeat(3000) };
    const ca = authority();
    const secure = {
      host: "127.0.0.1",
      port: listeners.tlsAddress?.port,
      servername: "localhost",
      ca,
      headers,
      agent: false,
    };
    for (const outgoing of [request({ ...listeners.publicAddress, headers, agent: false }).end(), getTls(secure)]) {
      const [reply] = await once(outgoing, "response");
      reply.resume();
      expect(reply.statusCode).toBe(431);
    }
  });

  test("a client without an SNI name gets the certificate of this machine (11 A1)", async () => {
    await open({ httpsPort: await freePort() });
    const socket = connectTls({ host: "127.0.0.1", port: listeners.tlsAddress?.port ?? 0, ca: authority() });
    await once(socket, "secureConnect");
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  test("a malformed Ingress or Secret is logged once and stops no other Ingress (11 A1)", async () => {
    const errors: string[] = [];
    const log = makeLogger(({ message }) => void errors.push(message));
    await open({ httpsPort: await freePort(), log });
    const bad = (name: string, spec: unknown) =>
      store.create({ ...makeIngress(), metadata: { name, namespace: "default" }, spec: spec as Ingress["spec"] });
    bad("no-spec", undefined);
    bad("null-tls", { tls: [null] });
    bad("odd-hosts", { rules: [{ hosts: [7] }], tls: [{ hosts: [7], secretName: 7 }] });
    const secret = makeSecret({ cert: "x", key: "y" });
    store.create({ ...secret, stringData: undefined, data: { "tls.crt": 7, "tls.key": null } } as never);
    store.create(makeIngress({ tls: [{ hosts: [HOST], secretName: "own", secretNamespace: "default" }] }));
    await eventually(async () => expect((await sendOverTls()).status).toBe(200));
    for (const annotation of ["1", "2", "3"]) {
      const metadata = { name: "hello", namespace: "default", annotations: { annotation } };
      store.update({ ...makeIngress(), metadata });
      await eventually(async () => expect((await sendPlain()).status).toBe(200));
    }
    const refused = store.list("Ingress.networking.internal.knative.dev").length - 1;
    expect(errors.filter((message) => message === "Ingress not served")).toHaveLength(refused);
    expect(refused).toBeGreaterThan(0);
  });

  test("a taken port that the user named is an error, and no listener stays open", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const failed = await open({ httpsPort: port }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(EnvironmentError);
    expect((failed as EnvironmentError).fix).toContain("--https-port");
    taken.close();
    await open();
  });

  test("the https listener never opens with port 0", async () => {
    await open({ httpsPort: 0 });
    store.create(makeIngress({ tls: [{ hosts: [HOST], secretName: "own" }] }));
    expect((await sendPlain()).status).toBe(200);
    expect(listeners.tlsAddress).toBeUndefined();
  });
});
