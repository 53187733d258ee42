import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { ingressHash } from "../../../../src/apis/networking/hosts.ts";
import type { Ingress } from "../../../../src/apis/networking/types.ts";
import { makeReply, sendReply } from "../../../../src/data-plane/http/errors.ts";
import type { Exchange } from "../../../../src/data-plane/http/exchange.ts";
import { headerValue } from "../../../../src/data-plane/http/headers.ts";
import { IngressGateway } from "../../../../src/data-plane/ingress/ingress.ts";
import { compileRoutingTable } from "../../../../src/data-plane/ingress/routing-table.ts";
import { settled } from "../../../support/manual-clock.ts";
import { PaperExchange, type PaperRequest } from "../../../support/paper-exchange.ts";

const examples = JSON.parse(readFileSync("test/golden/data/api-examples.json", "utf8")) as Record<
  string,
  { readonly ingress?: Ingress } & Ingress
>;
const recorded = (name: string): Ingress => examples[name]?.ingress ?? (examples[name] as Ingress);

describe("IngressGateway", () => {
  let forwarded: { readonly revision: string; readonly exchange: Exchange }[];
  let random: number;
  let gateway: IngressGateway;
  const send = async (request: PaperRequest, handler = gateway.handle): Promise<PaperExchange> => {
    const exchange = new PaperExchange({ headers: ["Host", request.host ?? ""], ...request });
    await handler(exchange);
    await settled();
    return exchange;
  };
  beforeEach(() => {
    forwarded = [];
    random = 0;
    gateway = new IngressGateway({
      address: "10.1.1.1",
      random: () => random,
      forward: (revision, exchange) => {
        forwarded.push({ revision, exchange });
        sendReply(exchange, makeReply(200, "ok"));
        return Promise.resolve();
      },
    });
  });

  it("an unknown host gets an empty 404, also before there is a routing table (I7)", async () => {
    const before = await send({ host: "hello.default.example.com" });
    gateway.swap(compileRoutingTable([recorded("route/latest")]));
    for (const exchange of [
      before,
      await send({ host: "nobody.example.com" }),
      await send({ host: "hello.default" }),
    ]) {
      expect([exchange.status, exchange.answer]).toEqual([404, ""]);
    }
    expect(forwarded).toEqual([]);
  });

  it("a request reaches its revision with the route's headers and the revision's protocol (I8, I9, I15)", async () => {
    gateway.swap(compileRoutingTable([recorded("route/latest")]));
    const { timing } = await send({ host: "hello.default.example.com" });
    const [{ revision, exchange } = {} as never] = forwarded;
    expect(revision).toBe("default/hello-00002");
    expect(exchange.peer).toBe("10.1.1.1");
    expect(exchange.version).toBe("1.1");
    expect(exchange.host).toBe("hello.default.example.com");
    expect(exchange.headers).toEqual([
      ...["Host", "hello.default.example.com", "X-Forwarded-For", "127.0.0.1", "X-Forwarded-Proto", "http"],
      ...["Knative-Serving-Namespace", "default", "Knative-Serving-Revision", "hello-00002"],
    ]);
    expect(timing.revision).toBe("default/hello-00002");
    gateway.swap(compileRoutingTable([recorded("route/h2c-revision")]));
    await send({ host: "hello.default.example.com", kind: "tls" });
    expect(forwarded[1]?.exchange.version).toBe("2");
    expect(headerValue(forwarded[1]?.exchange.headers ?? [], "x-forwarded-proto")).toBe("https");
  });

  it("each request is split by weight, and the gateway counts requests but not probes (I11)", async () => {
    gateway.swap(compileRoutingTable([recorded("route/split-and-tags")]));
    for (let i = 0; i < 100; i += 1) {
      random = i / 100;
      await send({ host: "hello.default.example.com" });
    }
    await send({ host: "old-hello.default.example.com" });
    const probe = ["Host", "hello.default.example.com", "K-Network-Probe", "probe", "K-Network-Hash", "override"];
    await send({ host: "hello.default.example.com", headers: probe });
    const shares = () =>
      Object.fromEntries(gateway.counts.map((count) => [`${count.host} ${count.revision}`, count.requests]));
    const expected = {
      "hello.default.example.com default/hello-00001": 10,
      "hello.default.example.com default/hello-00002": 90,
      "old-hello.default.example.com default/hello-00001": 1,
    };
    expect(shares()).toEqual(expected);
    gateway.swap(compileRoutingTable([recorded("route/split-and-tags")]));
    expect(shares()).toEqual(expected);
    gateway.swap(compileRoutingTable([]));
    expect(shares()).toEqual({});
  });

  it("requests in flight keep their route when the routing table is replaced", async () => {
    let go = (): void => {};
    const slow = new IngressGateway({
      address: "10.1.1.1",
      random: () => 0,
      forward: (_revision, exchange) =>
        new Promise((over) => {
          go = () => {
            sendReply(exchange, makeReply(200, "late"));
            over();
          };
        }),
    });
    slow.swap(compileRoutingTable([recorded("route/latest")]));
    const exchange = new PaperExchange({ host: "hello.default.example.com" });
    const over = slow.handle(exchange);
    slow.swap(compileRoutingTable([]));
    expect(slow.inFlight).toBe(1);
    go();
    await over;
    await settled();
    expect([exchange.answer, slow.inFlight]).toEqual(["late", 0]);
  });

  it("a mapped domain reaches the Service's revision through the local gateway (I29, T34)", async () => {
    gateway.swap(compileRoutingTable([recorded("domainMapping/ingress"), recorded("route/latest")]));
    await send({ host: "www.example.com" });
    const [{ revision, exchange } = {} as never] = forwarded;
    expect(revision).toBe("default/hello-00002");
    expect(exchange.host).toBe("hello.default.svc.cluster.local");
    const value = (name: string) => headerValue(exchange.headers, name);
    expect(value("host")).toBe("hello.default.svc.cluster.local");
    expect(value("k-original-host")).toBe("www.example.com");
    expect(value("x-forwarded-for")).toBe("127.0.0.1, 10.1.1.1");
    expect(gateway.counts.map((count) => count.ingress)).toEqual(["default/hello"]);
  });

  it("a mapped domain whose Service has no route gets 404", async () => {
    gateway.swap(compileRoutingTable([recorded("domainMapping/ingress")]));
    expect((await send({ host: "www.example.com" })).status).toBe(404);
  });

  it("a probe gets the version of the route through the revision (I16)", async () => {
    gateway.swap(compileRoutingTable([recorded("route/latest")]));
    await send({
      host: "hello.default.example.com",
      headers: ["Host", "hello.default.example.com", "K-Network-Probe", "probe", "K-Network-Hash", "override"],
    });
    const hash = headerValue(forwarded[0]?.exchange.headers ?? [], "k-network-hash");
    expect(hash).toBe(ingressHash(recorded("route/latest")));
  });

  it("the gateway redirects with 301 (I27)", async () => {
    const latest = recorded("route/latest");
    gateway.swap(compileRoutingTable([{ ...latest, spec: { ...latest.spec, httpOption: "Redirected" } }]));
    const exchange = await send({ host: "hello.default.example.com:8080", target: "/a?b=c" });
    expect([exchange.status, headerValue(exchange.answerHeaders, "location")]).toEqual([
      301,
      "https://hello.default.example.com/a?b=c",
    ]);
  });

  it("the listener of a Service serves it for any Host, and the app sees the Service's host name", async () => {
    gateway.swap(compileRoutingTable([recorded("route/latest")]));
    const handler = gateway.handlerForService("default/hello");
    await send({ host: "127.0.0.1:41001" }, handler);
    expect(forwarded[0]?.exchange.host).toBe("hello.default.example.com");
    expect(headerValue(forwarded[0]?.exchange.headers ?? [], "host")).toBe("hello.default.example.com");
    gateway.swap(compileRoutingTable([]));
    expect((await send({ host: "127.0.0.1:41001" }, handler)).status).toBe(404);
  });

  it("this machine's name lists the Services if there are several", async () => {
    const empty = await send({ host: "localhost:8080" });
    expect([empty.status, headerValue(empty.answerHeaders, "content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const latest = recorded("route/latest");
    const other = {
      ...latest,
      metadata: { ...latest.metadata, name: "other" },
      spec: {
        rules: (latest.spec.rules ?? []).map((rule) => ({
          ...rule,
          hosts: rule.hosts?.map((host) => host.replace("hello", "other")) ?? [],
        })),
      },
    };
    gateway.swap(compileRoutingTable([latest, other]));
    const page = await send({ host: "localhost:8080" });
    expect(page.answer).toContain('href="http://hello.default.example.com:8080/"');
    expect(page.answer).toContain('href="http://other.default.example.com:8080/"');
  });
});
