import { describe, expect, it } from "vitest";
import { probeReply } from "../../../../src/data-plane/activator/probe-reply.ts";

describe("probeReply (P5, T13 to T15)", () => {
  const reply = (...headers: string[]) => probeReply(headers, false);

  it("an ordinary request is not a probe, also with a hash or an empty probe header", () => {
    expect(reply("User-Agent", "curl/8", "Accept", "*/*")).toBeUndefined();
    expect(reply("K-Network-Hash", "abc")).toBeUndefined();
    expect(reply("K-Network-Probe", "", "K-Kubelet-Probe", "")).toBeUndefined();
  });

  it("the kubelet's liveness probe gets 200 until the activator stops, with any other probe header", () => {
    for (const headers of [
      ["user-agent", "kube-probe/1.30", "K-Network-Probe", "activator"],
      ["K-Network-Probe", "probe", "k-kubelet-probe", "x"],
    ]) {
      expect(probeReply(headers, false)).toMatchObject({ status: 200, body: "" });
      expect(probeReply(headers, true)).toMatchObject({ status: 500, body: "received SIGTERM from kubelet\n" });
    }
  });

  it("a network probe gets its hash back, and is refused without one", () => {
    expect(reply("K-Network-Hash", "abc", "K-Network-Probe", "probe")).toEqual({
      status: 200,
      headers: ["K-Network-Hash", "abc"],
      body: "",
    });
    expect(reply("K-Network-Probe", "probe")).toMatchObject({
      status: 400,
      body: 'a probe request must contain a non-empty "K-Network-Hash" header\n',
    });
  });

  it("the autoscaler's probe gets 'activator' without a newline", () => {
    expect(reply("K-Network-Probe", "activator")).toMatchObject({ status: 200, body: "activator" });
  });

  it("an unknown probe header value is quoted and escaped", () => {
    expect(reply("K-Network-Probe", "queue")).toMatchObject({
      status: 400,
      body: 'unexpected probe header value: "queue"\n',
    });
    expect(reply("K-Network-Probe", `<a href="x">`)?.body).toBe(
      'unexpected probe header value: "&lt;a href=&#34;x&#34;&gt;"\n',
    );
  });
});
