import { describe, expect, test } from "vitest";
import type { DomainMapping, Revision, Service } from "../../../src/apis/serving/types.ts";
import { devProgress } from "../../../src/cli/progress/dev-progress.ts";
import { ProgressTracker } from "../../../src/cli/progress/progress-tracker.ts";
import { renderPlain } from "../../../src/cli/progress/render-plain.ts";
import type { DevEvent } from "../../../src/dev/dev-event.ts";

const template = { spec: { containers: [{ image: "x" }] } };
const service = (status: string, more: { reason?: string; message?: string; generation?: number } = {}): Service => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default", generation: more.generation ?? 1 },
  spec: { template },
  status: {
    observedGeneration: 1,
    url: "http://hello.default.localhost:8080",
    latestCreatedRevisionName: "hello-00001",
    latestReadyRevisionName: "hello-00001",
    conditions: [
      {
        type: "Ready",
        status: status as "True",
        ...(more.reason && { reason: more.reason, message: more.message ?? "" }),
      },
    ],
  },
});
const revision = (reason: string, message: string): Revision => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Revision",
  metadata: { name: "hello-00001", namespace: "default" },
  spec: template.spec,
  status: { conditions: [{ type: "ContainerHealthy", status: "False", reason, message }] },
});
const mapping = (status: "True" | "False" | "Unknown"): DomainMapping => ({
  apiVersion: "serving.knative.dev/v1beta1",
  kind: "DomainMapping",
  metadata: { name: "shop.example.com", namespace: "default" },
  spec: { ref: { name: "hello" } },
  status: {
    url: "http://shop.example.com",
    conditions: [{ type: "Ready", status, reason: status === "False" ? "RouteNotReady" : "", message: "" }],
  },
});
const paint = { paint: (_: string, text: string) => text };
const scaler = (desiredScale: number) => ({
  apiVersion: "autoscaling.internal.knative.dev/v1alpha1" as const,
  kind: "PodAutoscaler" as const,
  metadata: { name: "hello-00001", namespace: "default" },
  spec: { scaleTargetRef: {}, protocolType: "http1" as const },
  status: { desiredScale },
});

const nowhere = { addressOf: () => undefined, reachOf: () => undefined };

describe("a build", () => {
  test("the end of a build has one line with its duration and cached steps", () => {
    const built = { type: "built", service: "default/hello", image: "dev.local/default/hello:abc" } as const;
    const lineOf = (event: DevEvent) => devProgress(event).map((each) => renderPlain(each, paint));
    expect(lineOf({ ...built, figures: { ms: 3412, steps: 6, cached: 4 } })).toEqual([
      "⚒ default/hello: built dev.local/default/hello:abc in 3.41 s, 4 of 6 steps cached",
    ]);
    expect(lineOf({ ...built, figures: { ms: 840, steps: 0, cached: 0 } })).toEqual([
      "⚒ default/hello: built dev.local/default/hello:abc in 840 ms",
    ]);
    expect(
      lineOf({ type: "build-step", service: "default/hello", step: { name: "[1/2] RUN a", state: "started" } }),
    ).toEqual([]);
  });
});

describe("the tracker", () => {
  test("the tracker reports Ready once, with the address that needs no name resolution", () => {
    const tracker = new ProgressTracker({ ...nowhere, addressOf: () => "http://127.0.0.1:41001" });
    expect(tracker.service(service("Unknown"), false)).toEqual([]);
    const [ready] = tracker.service(service("True"), false);
    expect(ready).toMatchObject({ type: "ready", service: "hello", address: "http://127.0.0.1:41001" });
    expect(tracker.service(service("True"), false)).toEqual([]);
    expect(ready && renderPlain(ready, paint)).toBe(
      "✓ hello is ready (hello-00001): http://hello.default.localhost:8080   also http://127.0.0.1:41001",
    );
  });

  test("the tracker ignores a condition of an older generation", () => {
    const tracker = new ProgressTracker(nowhere);
    expect(tracker.service(service("True", { generation: 2 }), false)).toEqual([]);
  });

  test("the tracker reports a failure with its root cause and a remedy", () => {
    const tracker = new ProgressTracker(nowhere);
    tracker.revision(revision("ExitCode3", "Container failed with: no database"));
    const [failed] = tracker.service(service("False", { reason: "RevisionMissing", message: "not ready" }), false);
    expect(failed).toMatchObject({
      type: "failed",
      reason: "ExitCode3",
      message: "Container failed with: no database",
    });
    expect(failed && renderPlain(failed, paint)).toContain("→ see why it exits with `knap logs`");
  });

  test("the tracker reports a change of scale with its reason, and a scale to zero as a nap", () => {
    const tracker = new ProgressTracker(nowhere);
    const report = (sentence: string) => ({
      time: 0,
      services: {},
      podStarts: [],
      coldStarts: [],
      revisions: {
        "default/hello-00001": {
          concurrency: 0,
          rps: 0,
          inFlight: 0,
          waiting: 0,
          desired: 2,
          ready: 0,
          mode: "" as const,
          sentence,
        },
      },
    });
    tracker.scale(scaler(-1));
    expect(tracker.live(report(""))).toEqual([]);
    tracker.scale(scaler(2));
    tracker.scale(scaler(2));
    expect(tracker.live(report("stays at 2: 13 in flight, target 7"))).toMatchObject([
      { type: "scaled", from: 0, to: 2, why: "13 in flight, target 7" },
    ]);
    tracker.scale(scaler(0));
    const [nap] = tracker.live(report("stays at 2: older than the nap"));
    expect(nap && renderPlain(nap, paint)).toBe("z hello-00001 naps 2 → 0");
  });

  test("the tracker reports when the engine becomes unreachable or reachable, and no other Normal events", () => {
    const tracker = new ProgressTracker(nowhere);
    const event = (kind: string, type: "Normal" | "Warning", reason: string) => ({
      apiVersion: "v1",
      kind: "Event" as const,
      metadata: { name: "e", namespace: "default" },
      involvedObject: { kind, name: "knap" },
      type,
      reason,
      message: `${reason}!`,
    });
    const unreachable = event("Node", "Warning", "NodeNotReady");
    const reachable = event("Node", "Normal", "NodeReady");
    const events = [unreachable, unreachable, reachable, unreachable, reachable].flatMap((one) => tracker.event(one));
    expect(events.map((one) => one.type === "event" && one.reason)).toEqual([
      "NodeNotReady",
      "NodeReady",
      "NodeNotReady",
      "NodeReady",
    ]);
    expect(tracker.event(event("Pod", "Normal", "Killing"))).toEqual([]);
  });

  test("the tracker reports a cold start once per pod, with its parts", () => {
    const tracker = new ProgressTracker(nowhere);
    const parts = { queue: 3, decide: 1, create: 44, start: 203, port: 31, probe: 52, firstByte: 78 };
    const live = {
      time: 0,
      revisions: {},
      services: {},
      podStarts: [],
      coldStarts: [{ revision: "default/hello-00001", pod: "p", totalMs: 412, fetchMs: 0, parts }],
    };
    const [woke] = tracker.live(live);
    expect(tracker.live(live)).toEqual([]);
    expect(woke && renderPlain(woke, paint)).toBe(
      "↑ hello-00001 woke in 412 ms = queue 3 · decide 1 · create 44 · start 203 · port 31 · probe 52 · first byte 78",
    );
  });

  test("the tracker reports the progress of a pull once, also if several pods wait for it", () => {
    const tracker = new ProgressTracker(nowhere);
    const pulls = (pod: string, reason: string, message: string) =>
      tracker.event({
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: `${pod}.${message.length}`, namespace: "default" },
        involvedObject: { kind: "Pod", name: pod },
        type: "Normal",
        reason,
        message,
      });
    expect(pulls("a", "Pulling", "Pulling image")).toEqual([{ type: "notice", text: "Pulling image" }]);
    expect(pulls("b", "Pulling", "Pulling image")).toEqual([]);
    expect(pulls("a", "Pulling", "Pulling image: 4 of 9 MB")).toHaveLength(1);
    expect(pulls("b", "Pulled", "Successfully pulled image")).toHaveLength(1);
    expect(pulls("b", "Created", "Created container")).toEqual([]);
  });

  test("the tracker suggests to check a probe that ended the container (11 B8)", () => {
    const tracker = new ProgressTracker(nowhere);
    const message = 'Container failed with: liveness probe of container "web" failed 3 times, and it was stopped: 500';
    const reported = tracker.service(service("False", { reason: "ExitCode137", message }), false);
    expect(reported).toMatchObject([{ type: "failed", fix: expect.stringContaining("check the probe") }]);
  });

  test("the tracker suggests a login if a registry denies access", () => {
    const tracker = new ProgressTracker(nowhere);
    const message = 'Unable to fetch image "r/app": no basic auth credentials';
    const events = tracker.service(service("False", { reason: "ContainerMissing", message }), false);
    expect(events).toMatchObject([{ type: "failed", fix: expect.stringContaining("docker login") }]);
  });

  test("the tracker reports a command that reaches a URL if browsers cannot open it", () => {
    const reach = "curl --connect-to ::localhost:8080 http://shop.example.com";
    const tracker = new ProgressTracker({ ...nowhere, reachOf: () => reach });
    const [ready] = tracker.service(service("True"), false);
    expect(ready && renderPlain(ready, paint)).toBe(
      `✓ hello is ready (hello-00001): http://hello.default.localhost:8080   here: ${reach}`,
    );
    const [mapped] = tracker.mapping(mapping("True"), false);
    expect(mapped && renderPlain(mapped, paint)).toBe(
      `✓ shop.example.com is mapped: http://shop.example.com   here: ${reach}`,
    );
  });

  test("the tracker reports a mapped domain once when it is ready, when it fails, and again after its deletion", () => {
    const tracker = new ProgressTracker(nowhere);
    expect(tracker.mapping(mapping("Unknown"), false)).toEqual([]);
    expect(tracker.mapping(mapping("True"), false)).toMatchObject([{ type: "mapped", domain: "shop.example.com" }]);
    expect(tracker.mapping(mapping("True"), false)).toEqual([]);
    expect(tracker.mapping(mapping("False"), false)).toMatchObject([
      { type: "failed", service: "shop.example.com", reason: "RouteNotReady" },
    ]);
    expect(tracker.mapping(mapping("False"), true)).toEqual([]);
    expect(tracker.mapping(mapping("True"), false)).toHaveLength(1);
  });

  test("the tracker reports once that https is served, with the certificate authority", () => {
    const tracker = new ProgressTracker(nowhere);
    const live = { time: 0, revisions: {}, services: {}, podStarts: [], coldStarts: [] };
    expect(tracker.live(live)).toEqual([]);
    const https = { port: 8443, authority: "/state/authority.pem" };
    const text = "https is served on port 8443; clients must trust /state/authority.pem (curl --cacert)";
    expect(tracker.live({ ...live, https })).toEqual([{ type: "notice", text }]);
    expect(tracker.live({ ...live, https })).toEqual([]);
  });
});
