import { beforeEach, describe, expect, it } from "vitest";
import type { Stat } from "../../../../src/apis/autoscaling/types.ts";
import { Activator } from "../../../../src/data-plane/activator/activator.ts";
import type { RevisionTraffic } from "../../../../src/data-plane/activator/revision-path.ts";
import { headerValue } from "../../../../src/data-plane/http/headers.ts";
import { ManualClock, settled } from "../../../support/manual-clock.ts";
import { PaperExchange } from "../../../support/paper-exchange.ts";
import { PaperPod as Pod } from "../../../support/paper-pod.ts";

const REVISION = "default/hello-00001";

describe("Activator", () => {
  let clock: ManualClock;
  let activator: Activator;
  let stats: [string, Stat][];
  const update = (more: Partial<RevisionTraffic> = {}) =>
    activator.update(REVISION, { backends: [], mode: "Proxy", containerConcurrency: 0, timeoutSeconds: 300, ...more });
  const send = (exchange = new PaperExchange()) => ({ exchange, over: activator.handle(REVISION, exchange) });

  beforeEach(() => {
    clock = new ManualClock(10_000);
    stats = [];
    activator = new Activator({
      clock,
      random: () => 0,
      podName: "activator-1",
      address: "10.9.9.9",
    });
    activator.onFirstRequest(({ revision, stat }) => stats.push([revision, stat]));
  });

  it("an unknown revision gets 404 with its name (A3)", async () => {
    const { exchange, over } = send();
    await over;
    expect([exchange.status, exchange.answer]).toEqual([
      404,
      'Error getting active endpoint: revision.serving.knative.dev "hello-00001" not found\n',
    ]);
    expect(stats).toEqual([]);
  });

  it("the activator reports a first request at once and subtracts it from the next report (A18, A19, T30)", async () => {
    update();
    send();
    send();
    expect(stats).toMatchObject([
      [REVISION, { podName: "activator-1", averageConcurrentRequests: 1, requestCount: 1, time: 10_000 }],
    ]);
    await clock.advance(1000);
    expect(activator.report(clock.now()).get(REVISION)).toMatchObject({
      averageConcurrentRequests: 1,
      requestCount: 1,
      averageProxiedConcurrentRequests: 0,
    });
    await clock.advance(1000);
    expect(activator.report(clock.now()).get(REVISION)).toMatchObject({
      averageConcurrentRequests: 2,
      requestCount: 0,
    });
  });

  it("a request after a second without requests is a first request again (A19, T30)", async () => {
    update();
    send().exchange.close();
    await clock.advance(1000);
    activator.report(clock.now());
    await clock.advance(1000);
    expect(activator.report(clock.now()).get(REVISION)).toMatchObject({
      averageConcurrentRequests: 0,
      requestCount: 0,
    });
    await clock.advance(1000);
    expect(activator.report(clock.now()).has(REVISION)).toBe(false);
    send();
    expect(stats).toHaveLength(2);
  });

  it("the activator counts a request from arrival to completion, including the wait (A20, T11)", async () => {
    const pod = new Pod("a");
    update();
    const { over } = send();
    await clock.advance(500);
    update({ backends: [pod.backend()] });
    await clock.advance(250);
    pod.requests[0]?.finish();
    await over;
    await clock.advance(250);
    expect(activator.report(clock.now()).get(REVISION)?.averageConcurrentRequests).toBe(0);
  });

  it("a request without a pod gets 504 with the activator's text exactly after timeoutSeconds (A4, A17, T3, T4, T38)", async () => {
    update({ timeoutSeconds: 20 });
    const { exchange, over } = send();
    await clock.advance(19_999);
    expect(exchange.started).toBe(false);
    expect(activator.loadOf(REVISION).waiting).toBe(1);
    await clock.advance(1);
    await over;
    expect([exchange.status, exchange.answer]).toEqual([504, "activator request timeout"]);
    expect(exchange.answerHeaders).toEqual(["Content-Type", "text/plain; charset=utf-8", "Content-Length", "25"]);
    expect(activator.loadOf(REVISION)).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it.each([
    ["response start", { responseStartTimeoutSeconds: 3 }],
    ["idle", { idleTimeoutSeconds: 3 }],
  ])("no request waits longer than the %s limit (A4, T5, T6)", async (_name, limit) => {
    update({ timeoutSeconds: 20, ...limit });
    const { exchange, over } = send();
    await clock.advance(3000);
    await over;
    expect(exchange.status).toBe(504);
  });

  it("the activator removes a waiting client that disconnects (T39)", async () => {
    const pod = new Pod("a");
    update();
    const { exchange, over } = send();
    exchange.close();
    await over;
    expect(activator.loadOf(REVISION)).toMatchObject({ inFlight: 0, waiting: 0 });
    update({ backends: [pod.backend()] });
    expect(pod.requests).toHaveLength(0);
    expect(exchange.started).toBe(false);
  });

  it("a client that disconnects while it is served frees its slot (T39)", async () => {
    const pod = new Pod("a");
    update({ backends: [pod.backend()], containerConcurrency: 1 });
    const first = send();
    const second = send();
    await settled();
    expect(pod.requests).toHaveLength(1);
    first.exchange.close();
    await first.over;
    await settled();
    expect(pod.requests).toHaveLength(2);
    pod.requests[1]?.finish();
    await second.over;
    expect(second.exchange.status).toBe(200);
  });

  it("forwarded requests have the activator's headers, also after a wait (A5, T12, T23)", async () => {
    const pod = new Pod("a");
    update();
    const { exchange } = send(
      new PaperExchange({ headers: ["Host", "x", "X-Forwarded-For", "1.2.3.4"], peer: "10.8.8.8" }),
    );
    await clock.advance(40);
    update({ backends: [pod.backend()] });
    await settled();
    expect(pod.requests[0]?.headers).toEqual([
      ...["Host", "x", "K-Proxy-Request", "activator", "X-Forwarded-For", "1.2.3.4, 10.8.8.8"],
    ]);
    expect(pod.requests[0]?.exchange).toMatchObject({
      peer: "10.9.9.9",
      timers: { since: 10_000, text: "activator request timeout" },
    });
    expect(exchange.timing).toMatchObject({ queued: 10_000, assigned: 10_040, pod: "a" });
  });

  it("the activator answers probes before it looks for the revision, and does not count them (P5, T14)", async () => {
    for (const known of [false, true]) {
      if (known) update();
      const probe = new PaperExchange({ headers: ["K-Network-Probe", "probe", "K-Network-Hash", "h"] });
      await send(probe).over;
      await settled();
      expect([probe.status, headerValue(probe.answerHeaders, "k-network-hash")]).toEqual([200, "h"]);
    }
    expect(stats).toEqual([]);
  });

  it("a request in mode Serve goes to a ready pod without the activator's headers, and is not counted (S3, S6)", async () => {
    const pod = new Pod("a");
    const unready = new Pod("b");
    update({ backends: [unready.backend(false), pod.backend()], mode: "Serve" });
    send();
    send();
    await settled();
    expect(unready.requests).toHaveLength(0);
    expect(pod.requests.map((request) => request.headers)).toEqual(
      Array(2).fill(["Host", "hello.default.example.com"]),
    );
    expect(stats).toEqual([]);
    expect(activator.loadOf(REVISION)).toEqual({ inFlight: 2, waiting: 0, proxied: false });
  });

  it("the queue-proxy answers probes in mode Serve, which shows that the activator is not in the path (P7, S14)", async () => {
    const pod = new Pod("a");
    update({ backends: [pod.backend()] });
    const headers = ["User-Agent", "Knative-Autoscaling-Probe", "K-Network-Probe", "activator"];
    expect(await activator.probe(REVISION, headers)).toMatchObject({ status: 200, body: "activator" });
    update({ backends: [pod.backend()], mode: "Serve" });
    void activator.probe(REVISION, headers);
    await settled();
    expect(pod.requests).toHaveLength(1);
  });

  it("a request in mode Serve without a ready pod waits instead of failing (S3, T27)", async () => {
    const pod = new Pod("a");
    update({ mode: "Serve" });
    const { exchange, over } = send();
    expect(stats).toHaveLength(1);
    expect(activator.loadOf(REVISION)).toMatchObject({ waiting: 1, proxied: true });
    update({ backends: [pod.backend()], mode: "Serve" });
    await settled();
    pod.requests[0]?.finish();
    await over;
    expect(exchange.status).toBe(200);
  });

  it("a pod that answers the activator's probe serves before it is Ready (A24, P21, T17)", async () => {
    const pod = new Pod("a");
    pod.alive = false;
    update({ backends: [pod.backend(false)] });
    send();
    await clock.advance(199);
    expect(pod.requests).toHaveLength(0);
    pod.alive = true;
    await clock.advance(1);
    expect(pod.requests).toHaveLength(1);
  });

  it("the activator waits for Ready if its probe is not sufficient (P21, T17)", async () => {
    const pod = new Pod("a");
    update({ backends: [pod.backend(false)], probesUnready: false });
    send();
    await clock.advance(5000);
    expect(pod.requests).toHaveLength(0);
    update({ backends: [pod.backend(true)], probesUnready: false });
    await settled();
    expect(pod.requests).toHaveLength(1);
  });

  it("requests on a removed pod finish, and later ones wait for the next pod (A15)", async () => {
    const [old, next] = [new Pod("a"), new Pod("b")];
    update({ backends: [old.backend()] });
    const first = send();
    await settled();
    update();
    const second = send();
    await settled();
    old.requests[0]?.finish();
    await first.over;
    expect(first.exchange.answer).toBe("a");
    update({ backends: [next.backend()] });
    await settled();
    next.requests[0]?.finish();
    await second.over;
    expect(second.exchange.answer).toBe("b");
  });

  it("a request that waits for a deleted revision gets an empty 500 (A6)", async () => {
    update();
    const { exchange, over } = send();
    activator.forget(REVISION);
    await over;
    expect([exchange.status, exchange.answer]).toEqual([500, ""]);
    expect(clock.pending).toBe(0);
  });

  it("the activator releases all timers and requests when it closes", async () => {
    const pod = new Pod("a");
    pod.alive = false;
    update({ backends: [pod.backend(false)] });
    const { over } = send();
    activator.close();
    await over;
    expect(clock.pending).toBe(0);
  });
});
