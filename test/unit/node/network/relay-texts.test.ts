// What gateway container and knap say to each other before the bytes of others: preface, frames, order, addresses.
import { describe, expect, test } from "vitest";
import { parseUpstream } from "../../../../src/node/network/dns-forwarder.ts";
import { FrameReader, frame } from "../../../../src/node/network/dns-frames.ts";
import { makeOrderEnv, readOrderEnv } from "../../../../src/node/network/gateway-order.ts";
import { relayTargets } from "../../../../src/node/network/relay-addresses.ts";
import { makePreface, readPreface } from "../../../../src/node/network/relay-preface.ts";

describe("preface", () => {
  const line = (text: string) => text.replace(/\n$/, "");

  test("tells kind and caller to whoever knows the secret", () => {
    const said = makePreface("s3cret", { kind: "local", peer: "10.213.0.10" });
    expect(said.endsWith("\n")).toBe(true);
    expect(readPreface("s3cret", line(said))).toEqual({ kind: "local", peer: "10.213.0.10" });
  });

  test("is none with another secret, a strange kind, or too many words", () => {
    const said = line(makePreface("s3cret", { kind: "local", peer: "10.213.0.10" }));
    expect(readPreface("S3cret", said)).toBeUndefined();
    expect(readPreface("longer-secret", said)).toBeUndefined();
    expect(readPreface("s3cret", said.replace("local", "root"))).toBeUndefined();
    expect(readPreface("s3cret", `${said} more`)).toBeUndefined();
    expect(readPreface("s3cret", "GET / HTTP/1.1\r")).toBeUndefined();
  });
});

describe("frames", () => {
  test("come out whole however the stream was cut", () => {
    const messages = ["one", "", "three"].map((text) => Buffer.from(text));
    const stream = Buffer.concat(messages.map(frame));
    for (const size of [1, 2, 3, 7, stream.length]) {
      const reader = new FrameReader();
      const seen: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        seen.push(...reader.push(stream.subarray(at, at + size)).map(String));
      }
      expect(seen).toEqual(["one", "", "three"]);
    }
  });
});

describe("addresses", () => {
  test("of resolvers are read with and without port", () => {
    expect(parseUpstream("192.0.2.1")).toEqual({ host: "192.0.2.1", port: 53 });
    expect(parseUpstream("192.0.2.1:5353")).toEqual({ host: "192.0.2.1", port: 5353 });
    expect(parseUpstream("2001:db8::1")).toEqual({ host: "2001:db8::1", port: 53 });
    expect(parseUpstream("[2001:db8::1]:5353")).toEqual({ host: "2001:db8::1", port: 5353 });
  });

  test("of knap are its own one on the network, else all that engines call the host", () => {
    expect(relayTargets("10.213.0.1", 4000)).toEqual([{ host: "10.213.0.1", port: 4000 }]);
    const hosts = relayTargets(undefined, 4000).map(({ host }) => host);
    expect(hosts.slice(0, 2)).toEqual(["host.docker.internal", "host.containers.internal"]);
    expect(hosts).not.toContain("127.0.0.1");
  });
});

test("the order of a gateway container is read back as it was written", () => {
  const order = { task: "serve", targets: [{ host: "h", port: 1 }], secret: "s", publicPort: 8080 } as const;
  expect(readOrderEnv(Object.fromEntries(makeOrderEnv(order)))).toEqual(order);
  expect(() => readOrderEnv({})).toThrow();
});
