import { Duplex, PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiRig, startApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";
import { createPod, dialStream, POD, sendOn } from "../../support/stream-client.ts";

let api: ApiRig;
/** Connects to the pod's port 80. */
let openTarget: () => Promise<Duplex>;

beforeEach(async () => {
  const dial = (_: unknown, port: number): Promise<Duplex> =>
    port === 80 ? openTarget() : Promise.reject(new Error("nobody listens"));
  api = await startApi({ streams: { find: async () => undefined, dial } });
  createPod(api);
});
afterEach(() => api[Symbol.asyncDispose]());

describe("port-forward over a WebSocket with channels", () => {
  const PORTS = `${POD}/portforward?ports=80,81`;
  const ports = Buffer.of(80, 0).toString();

  it("brings bytes both ways, and tells why a port cannot be reached", async () => {
    openTarget = async () =>
      Duplex.from(async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) yield Buffer.from(String(chunk).toUpperCase());
      });
    const client = dialStream(api, PORTS, "v4.channel.k8s.io");
    sendOn(client, 0, "abc");
    await eventually(() =>
      expect(client.output).toEqual({
        0: `${ports}ABC`,
        1: ports,
        2: "Q\0",
        3: "Q\0error forwarding port 81 to pod hello, uid UID: nobody listens".replace(
          "UID",
          api.store.get("Pod", "default", "hello")?.metadata.uid ?? "",
        ),
      }),
    );
    client.socket.close();
    await client.closed;
  });

  it("closes the connection to the pod when the client disconnects, and the client's when the pod's has ended", async () => {
    let target = new PassThrough();
    openTarget = async () => target;
    const client = dialStream(api, PORTS, "v4.channel.k8s.io");
    await eventually(() => expect(client.output[0]).toBe(ports));
    client.socket.terminate();
    await eventually(() => expect(target.destroyed).toBe(true));
    target = new PassThrough();
    const other = dialStream(api, PORTS, "v4.channel.k8s.io");
    await eventually(() => expect(other.output[0]).toBe(ports));
    target.end();
    expect(await other.closed).toBe(1000);
  });

  it("names each channel by one character in base64, also that of the sixth port", async () => {
    const list = [90, 91, 92, 93, 94, 95].join(",");
    const client = dialStream(api, `${POD}/portforward?ports=${list}`, "v4.base64.channel.k8s.io");
    await client.closed;
    expect(Object.keys(client.output).map(Number)).toEqual(Array.from({ length: 12 }, (_, channel) => 0x30 + channel));
    const sixth = Buffer.from(client.output[0x30 + 11] ?? "", "base64").toString("latin1");
    expect(sixth.slice(0, 2)).toBe("_\0");
  });

  it("refuses more ports than channels can name", async () => {
    const ports = Array.from({ length: 41 }, () => 80).join(",");
    await expect(dialStream(api, `${POD}/portforward?ports=${ports}`, "v4.channel.k8s.io").closed).rejects.toThrow(
      "400",
    );
  });
});
