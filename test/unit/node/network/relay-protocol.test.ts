// Tests the messages between gateway container and knap: preface, DNS frames, settings and addresses.
import { describe, expect, test } from "vitest";
import { parseUpstream } from "../../../../src/node/network/dns-forwarder.ts";
import { FrameReader, frame } from "../../../../src/node/network/dns-frames.ts";
import { relayTargets } from "../../../../src/node/network/host-addresses.ts";
import {
  makePreface,
  makeSettingsEnv,
  readPreface,
  readSettingsEnv,
} from "../../../../src/node/network/relay-protocol.ts";

describe("the preface", () => {
  const line = (text: string) => text.replace(/\n$/, "");

  test("a preface with the right secret has the listener kind and the caller", () => {
    const preface = makePreface("s3cret", { kind: "local", peer: "10.213.0.10" });
    expect(preface.endsWith("\n")).toBe(true);
    expect(readPreface("s3cret", line(preface))).toEqual({ kind: "local", peer: "10.213.0.10" });
  });

  test("a preface with another secret, an unknown kind, or too many words is rejected", () => {
    const preface = line(makePreface("s3cret", { kind: "local", peer: "10.213.0.10" }));
    expect(readPreface("S3cret", preface)).toBeUndefined();
    expect(readPreface("longer-secret", preface)).toBeUndefined();
    expect(readPreface("s3cret", preface.replace("local", "root"))).toBeUndefined();
    expect(readPreface("s3cret", `${preface} more`)).toBeUndefined();
    expect(readPreface("s3cret", "GET / HTTP/1.1\r")).toBeUndefined();
  });
});

describe("DNS frames", () => {
  test("DNS frames are read from chunks of any size", () => {
    const messages = ["one", "", "three"].map((text) => Buffer.from(text));
    const stream = Buffer.concat(messages.map(frame));
    for (const size of [1, 2, 3, 7, stream.length]) {
      const reader = new FrameReader();
      const frames: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        frames.push(...reader.push(stream.subarray(at, at + size)).map(String));
      }
      expect(frames).toEqual(["one", "", "three"]);
    }
  });
});

describe("addresses", () => {
  test("addresses of resolvers are parsed with and without a port", () => {
    expect(parseUpstream("192.0.2.1")).toEqual({ host: "192.0.2.1", port: 53 });
    expect(parseUpstream("192.0.2.1:5353")).toEqual({ host: "192.0.2.1", port: 5353 });
    expect(parseUpstream("2001:db8::1")).toEqual({ host: "2001:db8::1", port: 53 });
    expect(parseUpstream("[2001:db8::1]:5353")).toEqual({ host: "2001:db8::1", port: 5353 });
  });

  test("the addresses of knap are its own on the network, else the engines' names of the host", () => {
    expect(relayTargets("10.213.0.1", 4000)).toEqual([{ host: "10.213.0.1", port: 4000 }]);
    const hosts = relayTargets(undefined, 4000).map(({ host }) => host);
    expect(hosts.slice(0, 2)).toEqual(["host.docker.internal", "host.containers.internal"]);
    expect(hosts).not.toContain("127.0.0.1");
  });
});

test("the settings of a gateway container can be written and read", () => {
  const settings = { task: "serve", targets: [{ host: "h", port: 1 }], secret: "s", publicPort: 8080 } as const;
  expect(readSettingsEnv(Object.fromEntries(makeSettingsEnv(settings)))).toEqual(settings);
  expect(() => readSettingsEnv({})).toThrow();
});
