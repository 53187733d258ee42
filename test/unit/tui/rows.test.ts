import { describe, expect, test } from "vitest";
import { rowsOf, serviceOfRow } from "../../../src/tui/rows.ts";
import { columnsFor, rowSegments } from "../../../src/tui/segments.ts";
import { applyChange } from "../../../src/tui/session-model.ts";
import { asStored } from "../../support/store.ts";
import { live, modelOf, pod, put, revision, scaler, serverlessService, service } from "./objects.ts";

const closed = new Set<string>();
const figures = {
  concurrency: 6.1,
  rps: 58,
  inFlight: 4,
  waiting: 0,
  desired: 2,
  ready: 0,
  mode: "" as const,
  sentence: "",
};

describe("rows of the overview", () => {
  test("a Service shows the sums of its revisions: pods from objects, load from the live report", () => {
    const objects = [
      service("hello"),
      revision("hello-00001", "hello"),
      pod("p1", "hello", "hello-00001"),
      pod("p2", "hello", "hello-00001", "False"),
      scaler("hello-00001", 2),
      serverlessService("hello-00001", "Proxy"),
    ];
    const [row, ...others] = rowsOf(modelOf(objects, live({ revisions: { "default/hello-00001": figures } })), closed);
    expect(row).toMatchObject({
      kind: "service",
      readiness: "ready",
      pods: "1/2",
      concurrency: 6.1,
      rps: 58,
      mode: "Proxy",
      napping: false,
    });
    expect(others).toEqual([]);
  });

  test("a debugged Service and its revision are marked in red", () => {
    const debugged = revision("hello-00001", "hello");
    const text = '{"debugger":"node","port":9300,"containerPort":9229}';
    const metadata = { ...debugged.metadata, annotations: { "knap.dev/debug": text } };
    const objects = [service("hello"), { ...debugged, metadata }, revision("hello-00002", "hello")];
    const rows = rowsOf(modelOf(objects, live()), closed);
    expect(rows.map((row) => row.kind !== "pod" && row.debugged)).toEqual([true, false, true]);
    const shown = rows.map((row) => rowSegments(row, columnsFor(rows, 80), false));
    expect(shown[0]?.find(({ colour }) => colour === "red")?.text.trim()).toBe("debug");
    expect(shown[2]?.find(({ colour }) => colour === "red")?.text.trim()).toBe("debugged at 127.0.0.1:9300");
  });

  test("a Service with an injected fault and the revisions that it concerns are marked in red", () => {
    const spec = { kind: "latency", namespace: "default", service: "hello", seed: 1, percent: 100 } as const;
    const fault = { ...spec, id: "f1", revision: "hello-00002", startedAt: "", events: 0, hits: 0 };
    const objects = [service("hello"), revision("hello-00001", "hello"), revision("hello-00002", "hello")];
    const rows = rowsOf(modelOf(objects, live({ faults: [fault] })), closed);
    expect(rows.map((row) => row.kind !== "pod" && row.faulty)).toEqual([true, true, false]);
    const shown = rows.map((row) => rowSegments(row, columnsFor(rows, 80), false));
    expect(shown[0]?.find(({ colour }) => colour === "red")?.text.trim()).toBe("fault");
    expect(shown[1]?.find(({ colour }) => colour === "red")?.text).toContain("fault latency");
    const all = modelOf(objects, live({ faults: [{ ...fault, revision: undefined }] }));
    expect(rowsOf(all, closed).map((row) => row.kind !== "pod" && row.faulty)).toEqual([true, true, true]);
  });

  test("a Service with no pods and a desired scale of zero naps", () => {
    const [row] = rowsOf(
      modelOf([service("hello"), revision("hello-00001", "hello"), scaler("hello-00001", 0)]),
      closed,
    );
    expect(row).toMatchObject({ pods: "0/0", napping: true });
  });

  test("a starting Service does not nap: it has a ready pod and no desired scale yet", () => {
    const starting = [
      service("hello"),
      revision("hello-00001", "hello"),
      scaler("hello-00001", -1),
      pod("p1", "hello", "hello-00001"),
    ];
    expect(rowsOf(modelOf(starting, live()), closed)[0]).toMatchObject({ pods: "1/0", napping: false });
  });

  test("a failing Service shows the cause of the newest revision's failure", () => {
    const failing = service("api", {
      ready: "False",
      conditions: [{ type: "ConfigurationsReady", status: "False", reason: "RevisionFailed", message: "no" }],
    });
    const cause = {
      type: "ContainerHealthy",
      status: "False",
      reason: "ContainerMissing",
      message: 'image "api:dev" is not here',
    };
    const objects = [failing, revision("api-00001", "api", [{ type: "Ready", status: "False" }, cause])];
    expect(rowsOf(modelOf(objects), closed)[0]).toMatchObject({
      readiness: "failed",
      problem: 'ContainerMissing: image "api:dev" is not here',
    });
  });

  test("a Service whose image is being built shows the step of the build", () => {
    const objects = [service("hello"), revision("hello-00001", "hello")];
    const rows = rowsOf(modelOf(objects, { ...live(), builds: { "default/hello": "[2/5] RUN npm ci" } }), closed);
    const [row] = rows;
    const text =
      row &&
      rowSegments(row, columnsFor(rows, 80), false)
        .map((segment) => segment.text)
        .join("");
    expect(text).toMatch(/hello .*building \[2\/5\] RUN npm ci *$/);
    expect(text).toHaveLength(80);
  });

  test("several revisions are rows, newest first; a row shows its own traffic, and the Service the largest share", () => {
    const traffic = [
      { revisionName: "hello-00002", percent: 90 },
      { revisionName: "hello-00001", percent: 10, tag: "next" },
    ];
    const objects = [
      service("hello", { traffic, latest: "hello-00002" }),
      revision("hello-00001", "hello"),
      revision("hello-00002", "hello"),
    ];
    const observed = { "hello-00002": 91, "hello-00001": 9 };
    const rows = rowsOf(modelOf(objects, live({ services: { "default/hello": { observed } } })), closed);
    expect(rows.map(({ name }) => name)).toEqual(["hello", "hello-00002", "hello-00001"]);
    expect(rows[0]).toMatchObject({ traffic: { name: "00002", percent: 90, observed: 0.91 } });
    expect(rows[1]).toMatchObject({ traffic: { name: "00002", percent: 90, observed: 0.91 } });
    expect(rows[2]).toMatchObject({ traffic: { name: "next", percent: 10, observed: 0.09 } });
  });

  test.each([
    [
      "fails now",
      { conditions: [{ type: "Ready", status: "False", message: "containers with unready status: [app]; PROBE" }] },
      "Running: PROBE",
    ],
    [
      "has ended the container",
      {
        containerStatuses: [
          {
            name: "app",
            restartCount: 3,
            state: { waiting: { reason: "CrashLoopBackOff" } },
            lastState: { terminated: { message: "PROBE" } },
          },
        ],
      },
      "CrashLoopBackOff, 3 restarts: PROBE",
    ],
  ])("a probe that %s is named in the rows of its pod and revision (11 B8)", (_, status, note) => {
    const probe = 'startup probe of container "app" failed: HTTP probe failed with statuscode: 500';
    const text = JSON.stringify({ phase: "Running", ...status }).replace("PROBE", JSON.stringify(probe).slice(1, -1));
    const failing = { ...pod("p1", "hello", "hello-00001", "False"), status: JSON.parse(text) };
    const waiting = [{ type: "Ready", status: "Unknown" }];
    const objects = [service("hello", { ready: "Unknown" }), revision("hello-00001", "hello", waiting), failing];
    const rows = rowsOf(modelOf(objects), new Set(["service default/hello"]));
    expect(rows[1]).toMatchObject({ name: "hello-00001", note: probe });
    expect(rows[2]).toMatchObject({ name: "p1", note: note.replace("PROBE", probe) });
  });

  test("a revision with synced files has a row with their number, also if it is the only one", () => {
    const dirty = revision("hello-00001", "hello");
    const marked = { ...dirty, metadata: { ...dirty.metadata, annotations: { "knap.dev/dirty": "3" } } };
    const rows = rowsOf(modelOf([service("hello"), marked]), new Set());
    expect(rows.map((row) => ("note" in row ? row.note : row.name))).toEqual(["hello", "idle · dirty +3"]);
    expect(rowsOf(modelOf([service("hello"), dirty]), new Set())).toHaveLength(1);
  });

  test("an open Service shows its pods, and every row belongs to a Service", () => {
    const objects = [
      service("hello"),
      revision("hello-00001", "hello"),
      pod("p1", "hello", "hello-00001"),
      service("other"),
    ];
    const rows = rowsOf(modelOf(objects), new Set(["service default/hello"]));
    expect(rows.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "service hello",
      "revision hello-00001",
      "pod p1",
      "service other",
    ]);
    expect(serviceOfRow(rows, "pod default/p1")?.name).toBe("hello");
    expect(serviceOfRow(rows, "service default/other")?.name).toBe("other");
  });
});

describe("the model of the session", () => {
  test("a restarted watch drops its objects, and a deleted object is removed", () => {
    const model = modelOf([service("a"), service("b")]);
    const dropped = applyChange(model, {
      type: "drop",
      kind: "Service.serving.knative.dev",
      object: asStored(service("a")),
    });
    expect([...dropped.services.keys()]).toEqual(["default/b"]);
    expect(applyChange(model, { type: "restart", kind: "Service.serving.knative.dev" }).services.size).toBe(0);
    expect(model.services.size).toBe(2);
  });

  test("the history of ready pods gets one sample per live report and keeps 60", () => {
    let model = modelOf([service("a"), pod("p1", "a", "a-00001")]);
    for (let second = 0; second < 70; second++) model = applyChange(model, { type: "live", live: live() });
    model = applyChange(applyChange(model, put(pod("p2", "a", "a-00001"))), { type: "live", live: live() });
    expect(model.history.get("default/a")).toHaveLength(60);
    expect(model.history.get("default/a")?.slice(-2)).toEqual([1, 2]);
  });
});
