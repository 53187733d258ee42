// Tests DNS over real sockets: the listener, and the forwarder with resolvers that reply, refuse or do not reply.
import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { afterEach, describe, expect, test } from "vitest";
import { makeClusterDns } from "../../../../src/node/network/cluster-dns.ts";
import { makeDnsForwarder } from "../../../../src/node/network/dns-forwarder.ts";
import { type AnswerQuery, openDnsServer } from "../../../../src/node/network/dns-server.ts";
import { makeQuery, seeReply } from "../../../support/dns-query.ts";

const host = "127.0.0.1";
const opened: AsyncDisposable[] = [];
const open = async (answer: AnswerQuery) => {
  const server = await openDnsServer({ host, port: 0 }, answer);
  opened.push(server);
  return server;
};
const fixed = (address: string) =>
  makeClusterDns({
    address,
    names: { hasService: () => true, isPublicHost: () => true },
    forward: async () => undefined,
  });
afterEach(async () => {
  for (const server of opened.splice(0)) await server[Symbol.asyncDispose]();
});

/** Opens a UDP port that never replies. */
async function silentPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind({ address: host, port: 0 }, resolve));
  opened.push({ [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())) });
  return socket.address().port;
}

describe("the DNS listener", () => {
  test("the DNS listener answers a stub resolver over UDP", async () => {
    const { port } = await open(fixed("10.1.2.3"));
    const resolver = new dns.Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([`${host}:${port}`]);
    expect(await resolver.resolve4("hello.default.svc.cluster.local")).toEqual(["10.1.2.3"]);
    await expect(resolver.resolve6("hello.default.svc.cluster.local")).rejects.toMatchObject({ code: "ENODATA" });
  });

  test("opening the DNS listener on a taken port rejects with the error of listen", async () => {
    const { port } = await open(fixed("10.1.2.3"));
    await expect(openDnsServer({ host, port }, fixed("10.1.2.3"))).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("the DNS forwarder", () => {
  test.each(["udp", "tcp"] as const)("the DNS forwarder returns the resolver's reply over %s", async (transport) => {
    const { port } = await open(fixed("10.9.9.9"));
    const forward = makeDnsForwarder(() => [`${host}:${port}`]);
    const reply = await forward(makeQuery("example.com"), transport);
    expect(seeReply(reply ?? Buffer.alloc(12))).toMatchObject({ id: 0x1234, code: 0, address: "10.9.9.9" });
  });

  test("the DNS forwarder tries the next resolver if one refuses or does not reply, and fails within 2.5 s", async () => {
    const { port } = await open(fixed("10.9.9.9"));
    const silent = await silentPort();
    const second = makeDnsForwarder(() => [`${host}:1`, `${host}:${silent}`, `${host}:${port}`]);
    expect(seeReply((await second(makeQuery("example.com"), "udp")) ?? Buffer.alloc(12)).address).toBe("10.9.9.9");
    const started = performance.now();
    const none = makeDnsForwarder(() => [`${host}:${silent}`]);
    expect(await none(makeQuery("example.com"), "udp")).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(2500);
    expect(await makeDnsForwarder(() => [])(makeQuery("example.com"), "udp")).toBeUndefined();
  });

  test("the DNS forwarder skips a resolver to which the machine cannot connect (11 A1)", async () => {
    const { port } = await open(fixed("10.9.9.9"));
    // A link-local address without a zone: EINVAL, or ENETUNREACH without IPv6.
    const forward = makeDnsForwarder(() => ["fe80::1", `${host}:${port}`]);
    const reply = await forward(makeQuery("example.com"), "udp");
    expect(seeReply(reply ?? Buffer.alloc(12))).toMatchObject({ address: "10.9.9.9" });
  });

  test("the DNS forwarder ignores a reply with another id", async () => {
    const { port } = await open(async (query) => {
      const reply = Buffer.from(query);
      reply.writeUInt16BE(query.readUInt16BE(0) ^ 1, 0);
      reply.writeUInt16BE(0x8180, 2);
      return reply;
    });
    expect(await makeDnsForwarder(() => [`${host}:${port}`])(makeQuery("example.com"), "udp")).toBeUndefined();
  });
});
