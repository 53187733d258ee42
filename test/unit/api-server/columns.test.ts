import { describe, expect, it } from "vitest";
import { columnsOf } from "../../../src/api-server/columns.ts";
import { humanDuration } from "../../../src/api-server/human-duration.ts";
import { resources } from "../../../src/apis/kinds.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";

const now = Date.UTC(2026, 0, 1, 1);
const cells = (object: AnyObject, kind: Parameters<typeof columnsOf>[0]) =>
  Object.fromEntries(columnsOf(kind).map((column) => [column.name, column.cell(object, now)]));
const metadata = { name: "x", creationTimestamp: "2026-01-01T00:55:00Z" };

describe("columns", () => {
  it("columns can be rendered for objects of every kind without spec and status", () => {
    for (const { kind, name, statusSubresource } of resources) {
      const object = { apiVersion: "v1", kind: name, metadata, involvedObject: {} } as unknown as AnyObject;
      const spec = { containers: [], selector: {}, template: { spec: { containers: [] } } };
      const values = Object.values(cells(statusSubresource ? { ...object, spec } : object, kind));
      expect(values.length, kind).toBeGreaterThan(0);
      for (const value of values) expect(["string", "number", "object"]).toContain(typeof value);
    }
  });

  it("a Revision has Knative's columns", () => {
    const revision = {
      apiVersion: "serving.knative.dev/v1",
      kind: "Revision",
      metadata: {
        ...metadata,
        labels: { "serving.knative.dev/configuration": "hello", "serving.knative.dev/configurationGeneration": "3" },
      },
      status: {
        actualReplicas: 0,
        desiredReplicas: 2,
        conditions: [{ type: "Ready", status: "False", reason: "ExitCode1" }],
      },
    };
    expect(cells(revision, "Revision.serving.knative.dev")).toEqual({
      "Config Name": "hello",
      Generation: "3",
      Ready: "False",
      Reason: "ExitCode1",
      "Actual Replicas": 0,
      "Desired Replicas": 2,
    });
  });

  it.each([
    ["Pending", { phase: "Pending" }, {}],
    [
      "ContainerCreating",
      { phase: "Pending", containerStatuses: [{ state: { waiting: { reason: "ContainerCreating" } } }] },
      {},
    ],
    [
      "Error",
      { phase: "Running", containerStatuses: [{ state: { terminated: { exitCode: 1, reason: "Error" } } }] },
      {},
    ],
    ["ExitCode:3", { phase: "Running", containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] }, {}],
    ["Running", { phase: "Running", containerStatuses: [{ ready: true, state: { running: {} } }] }, {}],
    ["Terminating", { phase: "Running" }, { deletionTimestamp: "2026-01-01T00:00:00Z" }],
    ["Init:0/1", { phase: "Pending", initContainerStatuses: [{ state: { running: {} } }] }, {}],
    [
      "Init:Error",
      { phase: "Pending", initContainerStatuses: [{ state: { terminated: { exitCode: 1, reason: "Error" } } }] },
      {},
    ],
  ])("the status column of a pod is %s", (word, status, more) => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, ...more },
      spec: { containers: [{ name: "a" }], initContainers: [{ name: "i" }] },
      status,
    };
    expect(cells(pod, "Pod")).toMatchObject({ Status: word, Age: "5m" });
  });

  it("columns of core kinds list ports, endpoints and counts", () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { ports: [{ port: 80 }, { port: 443, nodePort: 31 }] },
    };
    expect(cells(service, "Service")).toMatchObject({ Type: "ClusterIP", "Port(s)": "80/TCP,443:31/TCP" });
    const addresses = ["10.0.0.1", "10.0.0.2"].map((ip) => ({ ip }));
    const endpoints = {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata,
      subsets: [{ addresses, ports: [{ port: 80 }, { port: 90 }] }],
    };
    expect(cells(endpoints as AnyObject, "Endpoints")["Endpoints"]).toBe(
      "10.0.0.1:80,10.0.0.1:90,10.0.0.2:80 + 1 more...",
    );
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata,
      involvedObject: { kind: "Revision", name: "r" },
      lastTimestamp: "2026-01-01T00:59:30Z",
    };
    expect(cells(event as AnyObject, "Event")).toMatchObject({ "Last Seen": "30s", Object: "revision/r" });
  });
});

it.each([
  [0, "0s"],
  [119_000, "119s"],
  [120_000, "2m"],
  [192_000, "3m12s"],
  [11 * 60_000, "11m"],
  [179 * 60_000, "179m"],
  [5 * 3_600_000 + 120_000, "5h2m"],
  [47 * 3_600_000, "47h"],
  [50 * 3_600_000, "2d2h"],
  [12 * 86_400_000, "12d"],
  [800 * 86_400_000, "2y70d"],
  [4000 * 86_400_000, "10y"],
  [-5_000, "<invalid>"],
])("an age of %d ms is written as %s", (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
