import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ingressHash } from "../../../../src/apis/networking/hosts.ts";
import type { Ingress } from "../../../../src/apis/networking/types.ts";
import { monotonicClock } from "../../../../src/base/monotonic-clock.ts";
import { IngressProbe } from "../../../../src/control-plane/prober/ingress-probe.ts";
import { Activator } from "../../../../src/data-plane/activator/activator.ts";
import { makeReply, sendReply } from "../../../../src/data-plane/http/errors.ts";
import type { ListenerKind } from "../../../../src/data-plane/http/exchange.ts";
import { headerValue } from "../../../../src/data-plane/http/headers.ts";
import { sendProbe } from "../../../../src/data-plane/http/probe-exchange.ts";
import { type OpenListener, openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { IngressGateway } from "../../../../src/data-plane/ingress/ingress.ts";
import { compileRoutingTable } from "../../../../src/data-plane/ingress/routing-table.ts";
import { Certificates, makeAuthority } from "../../../../src/gateway/certificates.ts";
import type { KeyPair } from "../../../../src/gateway/x509.ts";

const examples = JSON.parse(readFileSync("test/golden/data/api-examples.json", "utf8")) as Record<
  string,
  { readonly ingress?: Ingress }
>;
const hello = examples["route/latest"]?.ingress as Ingress;
const HOST = "hello.default.example.com";
const REVISION = "default/hello-00002";

describe("the gateway's listeners", () => {
  let gateway: IngressGateway;
  let activator: Activator;
  let listeners: OpenListener[];
  const open = async (kind: ListenerKind, more: object = {}): Promise<OpenListener> => {
    const opened = await openListener({ host: "127.0.0.1", port: 0, listener: kind, handler: gateway.handle, ...more });
    listeners.push(opened);
    return opened;
  };
  const get = async (port: number, host: string): Promise<{ status: number; body: string }> => {
    const outgoing = request({ host: "127.0.0.1", port, headers: { Host: host }, agent: false }).end();
    const [reply] = await once(outgoing, "response");
    let body = "";
    for await (const chunk of reply) body += chunk;
    return { status: reply.statusCode, body };
  };

  beforeEach(() => {
    listeners = [];
    activator = new Activator({
      clock: monotonicClock,
      random: Math.random,
      podName: "activator",
      address: "10.0.0.2",
    });
    gateway = new IngressGateway({
      address: "10.0.0.1",
      random: Math.random,
      forward: (revision, exchange) => activator.handle(revision, exchange),
    });
    gateway.swap(compileRoutingTable([hello]));
    activator.update(REVISION, {
      mode: "Proxy",
      containerConcurrency: 0,
      timeoutSeconds: 10,
      backends: [
        {
          pod: "a",
          address: "10.0.0.3:8012",
          ready: true,
          handle: async (exchange) => {
            const value = (name: string) => headerValue(exchange.headers, name);
            sendReply(
              exchange,
              makeReply(200, `${value("host")} ${value("x-forwarded-proto")} ${value("x-forwarded-for")}`),
            );
          },
        },
      ],
    });
  });
  afterEach(async () => {
    await Promise.all(listeners.map((listener) => listener.close(0)));
    activator.close();
  });

  it("the public listener does not serve cluster-local names (I7, I14)", async () => {
    const [open_, local] = [await open("public"), await open("local")];
    expect(await get(open_.port, HOST)).toEqual({ status: 200, body: `${HOST} http 127.0.0.1, 10.0.0.1` });
    expect(await get(open_.port, "hello.default.svc.cluster.local")).toEqual({ status: 404, body: "" });
    expect((await get(local.port, "hello.default.svc.cluster.local")).status).toBe(200);
    expect((await get(local.port, HOST)).status).toBe(200);
  });

  it("the port of a Service serves that Service for any Host", async () => {
    const own = await open("public", { handler: gateway.handlerForService("default/hello") });
    expect((await get(own.port, `127.0.0.1:${own.port}`)).body).toMatch(new RegExp(`^${HOST} `));
  });

  it("a real probe proves a version of a route without waking the revision (I16, I17, T14)", async () => {
    activator.update(REVISION, { mode: "Proxy", containerConcurrency: 0, timeoutSeconds: 10, backends: [] });
    const probedHosts: string[] = [];
    const probe = new IngressProbe({
      clock: monotonicClock,
      send: (host, _, headers) => {
        probedHosts.push(host);
        const kind = host === HOST ? "public" : "local";
        return sendProbe(gateway.handle, { host, headers, peer: "127.0.0.1", listener: kind });
      },
    });
    const changed: Ingress = { ...hello, spec: { ...hello.spec, rules: [...(hello.spec.rules ?? [])].reverse() } };
    const ingress = { kind: "Ingress.networking.internal.knative.dev", namespace: "default", name: "hello" } as const;
    const hosts = [HOST, "hello.default", "hello.default.svc", "hello.default.svc.cluster.local"];
    let proven = false;
    const answered = new Promise<void>((resolve) =>
      probe.inquire({ ask: "IngressProbe", ingress, hash: ingressHash(changed), hosts }, ({ ok }) => {
        proven = ok;
        resolve();
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(proven).toBe(false);
    gateway.swap(compileRoutingTable([changed]));
    await answered;
    expect(proven).toBe(true);
    expect([...new Set(probedHosts)]).toEqual(hosts);
    expect(activator.report(Date.now()).size).toBe(0);
    probe.close();
  });

  describe("with TLS", () => {
    let authority: KeyPair;
    let certificates: Certificates;
    let listener: OpenListener;
    beforeEach(async () => {
      authority = await makeAuthority(new Date());
      certificates = await Certificates.open({ authority, now: () => new Date() });
      await certificates.prepare([HOST]);
      listener = await open("tls", { tls: { contextFor: certificates.contextFor } });
    });
    const handshake = async (servername: string) => {
      const socket = connectTls({ host: "127.0.0.1", port: listener.port, servername, ca: authority.cert });
      await once(socket, "secureConnect");
      const names = socket.getPeerCertificate().subjectaltname;
      socket.destroy();
      return names;
    };

    it("each host has a certificate of the local authority by SNI", async () => {
      expect(await handshake(HOST)).toBe(`DNS:${HOST}`);
      expect(await handshake("localhost")).toContain("DNS:localhost");
      await expect(handshake("nobody.example.com")).rejects.toThrow(/altname|ERR_TLS/i);
    });

    it("clients that offer HTTP/2 get HTTP/2, and the app sees the scheme https (I15)", async () => {
      const session: ClientHttp2Session = connect(`https://${HOST}`, {
        createConnection: () =>
          connectTls({
            host: "127.0.0.1",
            port: listener.port,
            servername: HOST,
            ca: authority.cert,
            ALPNProtocols: ["h2"],
          }),
      });
      const stream = session.request({ ":path": "/", ":authority": HOST });
      let body = "";
      const [headers] = await once(stream, "response");
      for await (const chunk of stream) body += chunk;
      session.destroy();
      expect([headers[":status"], body]).toEqual([200, `${HOST} https 127.0.0.1, 10.0.0.1`]);
    });

    it("a host uses the user's own certificate until it is removed, and an invalid one is refused with the reason", async () => {
      const other = await makeAuthority(new Date());
      expect(certificates.use([HOST], other)).toBeUndefined();
      const own = connectTls({ host: "127.0.0.1", port: listener.port, servername: HOST, rejectUnauthorized: false });
      await once(own, "secureConnect");
      expect(own.getPeerCertificate().subject.CN).toBe("knap local authority");
      own.destroy();
      expect(certificates.use([HOST], { cert: "nonsense", key: "nonsense" })).toMatch(/PEM/i);
      certificates.drop([HOST]);
      await certificates.prepare([HOST]);
      expect(await handshake(HOST)).toBe(`DNS:${HOST}`);
    });
  });
});
