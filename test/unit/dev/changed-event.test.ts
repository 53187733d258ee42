import { expect, test } from "vitest";
import type { Service } from "../../../src/apis/serving/types.ts";
import { changedEvent } from "../../../src/dev/changed-event.ts";
import type { DeployedState } from "../../../src/dev/deployed-state.ts";
import type { ProjectService } from "../../../src/project/project.ts";

const SETTINGS = "./knap.yaml";
const state = (image: string, files: Readonly<Record<string, string>>): DeployedState => {
  const built = new Map(Object.entries(files));
  return { first: built, built, seen: built, firstHash: "a", hash: "b", image, forced: 0 };
};
const eventOf = (before: DeployedState, after: DeployedState) => {
  const spec = { template: { spec: { containers: [{ image: "x" }] } } };
  const object = { apiVersion: "v1", kind: "Service", metadata: { name: "x" }, spec } as unknown as Service;
  const service = { key: "default/x", object } as ProjectService;
  return changedEvent(service, { before, after, reason: undefined });
};

test("the event says whether the revision stays the same", () => {
  const before = state("dev.local/x:1", { a: "1" });
  expect(eventOf(before, state("dev.local/x:1", { a: "2" }))).toMatchObject({ files: ["a"], isSame: true });
  expect(eventOf(before, state("dev.local/x:2", { a: "2" }))).toMatchObject({ files: ["a"], isSame: false });
});

test("changed settings are named only if no file changed, because they may come from the Dockerfile", () => {
  const before = state("dev.local/x:1", { [SETTINGS]: "1", Dockerfile: "1" });
  const both = state("dev.local/x:2", { [SETTINGS]: "2", Dockerfile: "2" });
  expect(eventOf(before, both)).toMatchObject({ files: ["Dockerfile"] });
  const settings = state("dev.local/x:2", { [SETTINGS]: "2", Dockerfile: "1" });
  expect(eventOf(before, settings)).toMatchObject({ files: ["knap.yaml"] });
});
