import { describe, expect, test } from "vitest";
import type { Revision, Service } from "../../../src/apis/serving/types.ts";
import { makeCommandReader } from "../../../src/dev/dev-commands.ts";
import { GoneObjects, hasSettled, retiredRevisions } from "../../../src/dev/retire-revisions.ts";
import type { Project } from "../../../src/project/project.ts";

const service: Service = {
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default" },
  spec: {
    template: {
      spec: {
        containers: [
          { name: "side", image: "side:1" },
          { name: "app", image: "app:1", ports: [{ containerPort: 80 }] },
        ],
      },
    },
  },
};

describe("objects of a deleted file", () => {
  const holding = (...names: string[]): Project =>
    ({
      objects: names.map((name) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } })),
    }) as unknown as Project;
  const names = (keys: readonly { name: string }[]) => keys.map(({ name }) => name);

  test("objects of a deleted file are deleted after two seconds, unless the file is back", () => {
    const deletions = new GoneObjects(holding("a", "b"));
    expect(deletions.compare(holding("a"), 0)).toEqual({ due: [], waiting: true });
    expect(deletions.compare(holding("a"), 1999).due).toEqual([]);
    const { due, waiting } = deletions.compare(holding("a"), 2000);
    expect([names(due), waiting]).toEqual([["b"], false]);
    expect(deletions.compare(holding("a"), 9000)).toEqual({ due: [], waiting: false });
    deletions.compare(holding(), 10_000);
    expect(deletions.compare(holding("a"), 12_500)).toEqual({ due: [], waiting: false });
  });
});

describe("retiring revisions after a rebuild", () => {
  const revision = (name: string, generation: number): Revision => ({
    apiVersion: "serving.knative.dev/v1",
    kind: "Revision",
    metadata: {
      name,
      namespace: "default",
      labels: { "serving.knative.dev/configurationGeneration": String(generation) },
    },
    spec: { containers: [] },
  });
  const all = [
    revision("hello-00001", 1),
    revision("hello-00002", 2),
    revision("hello-00003", 3),
    revision("hello-00004", 4),
  ];
  const at = (status: Service["status"]): Service => ({
    ...service,
    metadata: { ...service.metadata, generation: 3 },
    ...(status && { status }),
  });

  test("a rebuild deletes only older revisions that no traffic target names", () => {
    const status = {
      latestReadyRevisionName: "hello-00003",
      traffic: [{ revisionName: "hello-00003" }, { revisionName: "hello-00001" }],
    };
    expect(retiredRevisions(at(status), all).map(({ metadata }) => metadata.name)).toEqual(["hello-00002"]);
    expect(retiredRevisions(at({}), all)).toEqual([]);
  });

  test("older revisions are deleted only after the Service serves its newest template", () => {
    const status = {
      observedGeneration: 3,
      latestReadyRevisionName: "hello-00003",
      latestCreatedRevisionName: "hello-00003",
      conditions: [{ type: "Ready", status: "True" as const }],
    };
    expect(hasSettled(at(status))).toBe(true);
    expect(hasSettled(at({ ...status, latestCreatedRevisionName: "hello-00004" }))).toBe(false);
    expect(hasSettled(at({ ...status, observedGeneration: 2 }))).toBe(false);
    expect(hasSettled(at({ ...status, conditions: [{ type: "Ready", status: "Unknown" }] }))).toBe(false);
  });
});

describe("commands on Services", () => {
  const asking = (annotations: Record<string, string>): Service => ({
    ...service,
    metadata: { ...service.metadata, annotations },
  });

  test("a new rebuild request runs once, an old one never", () => {
    const rebuilt: string[] = [];
    const read = makeCommandReader({ rebuild: (key) => rebuilt.push(key), pause: () => {} });
    read(asking({ "knap.dev/rebuild-requested-at": "yesterday" }), false);
    expect(rebuilt).toEqual([]);
    read(asking({ "knap.dev/rebuild-requested-at": "now" }), false);
    read(asking({ "knap.dev/rebuild-requested-at": "now", other: "x" }), false);
    expect(rebuilt).toEqual(["default/hello"]);
  });

  test("watching pauses while a Service has the annotation, and resumes when the Service is deleted", () => {
    const pauses: boolean[] = [];
    const read = makeCommandReader({ rebuild: () => {}, pause: (wanted) => pauses.push(wanted) });
    read(asking({}), false);
    read(asking({ "knap.dev/watch-paused": "true" }), false);
    read(asking({ "knap.dev/watch-paused": "true" }), false);
    read(asking({ "knap.dev/watch-paused": "true" }), true);
    expect(pauses).toEqual([true, false]);
  });
});
