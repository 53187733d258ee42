// Tests the session's DNS from query bytes to reply bytes, without sockets.
import { describe, expect, test } from "vitest";
import { makeRandom } from "../../../../src/base/seeded-random.ts";
import { makeClusterDns } from "../../../../src/node/network/cluster-dns.ts";
import { makeQuery, type QueryOptions, seeReply, TYPE_AAAA } from "../../../support/dns-query.ts";

const FORWARDED = Buffer.from("forwarded reply");
const PEER = "10.213.0.11";
const services = new Set(["default/hello", "default/next-hello", "shop/cart"]);
const forwarded: [Buffer, string][] = [];
let upstream: Buffer | undefined = FORWARDED;
const answer = makeClusterDns({
  address: "10.213.0.1",
  names: {
    hasService: (namespace, name) => services.has(`${namespace}/${name}`),
    isPublicHost: (host) => host === "hello.default.localhost",
  },
  forward: async (query, transport) => {
    forwarded.push([query, transport]);
    return upstream;
  },
  failsLookup: (name, peer) => name === "db.example.com" && peer === "10.213.0.12",
});
const ask = async (name: string, options?: QueryOptions) =>
  seeReply((await answer(makeQuery(name, options), "udp", PEER)) ?? Buffer.alloc(12));

const found = { id: 0x1234, isReply: true, code: 0, questions: 1, answers: 1, address: "10.213.0.1" };
const empty = { id: 0x1234, isReply: true, code: 0, questions: 1, answers: 0 };
const refused = { ...empty, code: 3 };

describe("the DNS of a session", () => {
  test.each([
    "hello.default.svc.cluster.local",
    "HeLLo.Default.SVC.cluster.LOCAL",
    "next-hello.default.svc.cluster.local",
    "cart.shop.svc.cluster.local",
    "hello.default.localhost",
  ])("the name %s resolves to the gateway", async (name) => {
    expect(await ask(name)).toEqual(found);
  });

  test("an AAAA query of a known name gets no data instead of NXDOMAIN", async () => {
    expect(await ask("hello.default.svc.cluster.local", { type: TYPE_AAAA })).toEqual(empty);
  });

  test.each([
    "hello.default.svc.cluster.local.default.svc.cluster.local",
    "nobody.default.svc.cluster.local",
    "hello.shop.svc.cluster.local",
    "hello.default.svc.svc.cluster.local",
    "hello.default.cluster.local",
    "deep.hello.default.svc.cluster.local",
    "cluster.local",
  ])("the name %s gets NXDOMAIN, so that the resolver continues its search list", async (name) => {
    expect(await ask(name)).toEqual(refused);
  });

  test("the name of a deleted Service gets NXDOMAIN at once", async () => {
    expect(await ask("cart.shop.svc.cluster.local")).toEqual(found);
    services.delete("shop/cart");
    expect(await ask("cart.shop.svc.cluster.local")).toEqual(refused);
    services.add("shop/cart");
  });

  test("the reply to a query with an EDNS record has none", async () => {
    const extra = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    expect(await ask("hello.default.svc.cluster.local", { extra })).toEqual(found);
  });
});

describe("names outside the session", () => {
  test("queries for names outside the session are forwarded unchanged by the same transport", async () => {
    forwarded.length = 0;
    const query = makeQuery("example.com");
    expect(await answer(query, "tcp", PEER)).toBe(FORWARDED);
    expect(forwarded).toEqual([[query, "tcp"]]);
    expect(await answer(makeQuery("xcluster.local"), "udp", PEER)).toBe(FORWARDED);
  });

  test("a query for a name outside the session gets a server failure if no resolver replies", async () => {
    upstream = undefined;
    expect(await ask("example.com")).toEqual({ ...empty, code: 2 });
    upstream = FORWARDED;
  });
});

test("a lookup that a fault makes fail gets a server failure, and only for the container that has the fault", async () => {
  const lookup = async (peer: string) => await answer(makeQuery("db.example.com"), "udp", peer);
  expect(seeReply((await lookup("10.213.0.12")) ?? Buffer.alloc(12))).toEqual({ ...empty, code: 2 });
  expect(await lookup(PEER)).toBe(FORWARDED);
});

describe("malformed messages", () => {
  test("DNS replies and truncated headers get no reply", async () => {
    expect(await answer(makeQuery("hello.default", { flags: 0x8180 }), "udp", PEER)).toBeUndefined();
    expect(await answer(Buffer.from([1, 2, 3]), "udp", PEER)).toBeUndefined();
  });

  test("an unknown opcode, an unknown class and a malformed question each get their response code", async () => {
    expect((await ask("hello.default", { flags: 0x2800 })).code).toBe(4);
    expect((await ask("hello.default", { class: 3 })).code).toBe(5);
    const broken = await answer(makeQuery("hello.default").subarray(0, 20), "udp", PEER);
    expect(seeReply(broken ?? Buffer.alloc(12))).toEqual({ ...empty, code: 1, questions: 0 });
    const compressed = makeQuery("hello.default");
    compressed[12] = 0xc0;
    expect(seeReply((await answer(compressed, "udp", PEER)) ?? Buffer.alloc(12)).code).toBe(1);
  });

  test("random bytes after a query's header never cause an exception", async () => {
    const random = makeRandom(1);
    for (let round = 0; round < 2000; round++) {
      const query = makeQuery("hello.default.svc.cluster.local", { type: Math.floor(random() * 300) });
      for (let at = 4; at < query.length; at++) if (random() < 0.1) query[at] = Math.floor(random() * 256);
      const reply = await answer(query.subarray(0, 12 + Math.floor(random() * query.length)), "udp", PEER);
      expect(reply?.length ?? 0).toBeGreaterThanOrEqual(12);
    }
  });
});
