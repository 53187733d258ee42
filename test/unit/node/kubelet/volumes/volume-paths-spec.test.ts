import { expect, test } from "vitest";
import type { StoredPod } from "../../../../../src/apis/core/pod.ts";
import type { VolumeMount } from "../../../../../src/apis/core/pod-spec.ts";
import { withSubPaths } from "../../../../../src/node/kubelet/spec/container-spec.ts";
import type { EnvironmentSources } from "../../../../../src/node/kubelet/spec/environment-spec.ts";
import { isInside, refusedSubPath } from "../../../../../src/node/kubelet/volumes/volume-paths-spec.ts";

const pod = (...mounts: readonly Partial<VolumeMount>[]) => ({
  spec: { containers: mounts.map((mount) => ({ volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] })) },
});
const volume = { name: "v", emptyDir: {} };

test("a path that leaves its volume is refused (11 A10)", () => {
  for (const path of ["..", "../x", "a/../../x", "a/..", "/", "/etc"]) {
    expect(isInside(path), path).toBe(false);
    expect(refusedSubPath(pod(), volume, path, true), path).toContain(`subPath "${path}" must be a relative path`);
  }
  for (const path of ["", "a", "a/b", "..a", "a..", "./a"]) expect(isInside(path), path).toBe(true);
});

test("overlapping parts of a volume are refused, separate or equal ones are not (11 A10)", () => {
  const refused = (part: string, ...parts: readonly string[]) =>
    refusedSubPath(pod({ subPath: part }, ...parts.map((subPath) => ({ subPath }))), volume, part, false);
  for (const [part, other] of [
    ["a", ""],
    ["", "a"],
    ["a", "a/b"],
    ["a/b", "./a/"],
  ] as const)
    expect(refused(part, other), `${part} ${other}`).toContain("do not share files");
  for (const [part, other] of [
    ["a", "b"],
    ["a", "a/"],
    ["a", "ab"],
    ["", ""],
  ] as const)
    expect(refused(part, other), `${part} ${other}`).toBeUndefined();
  expect(refusedSubPath(pod({ subPath: "a" }, { name: "w" }), volume, "a", false)).toBeUndefined();
});

test("subPathExpr is expanded in all containers, so that its overlaps are refused too (11 A10)", () => {
  const container = (name: string, subPathExpr: string) => ({
    name,
    env: [{ name: "DIR", value: "a" }],
    volumeMounts: [{ name: "v", mountPath: "/v", subPathExpr }],
  });
  const spec = { containers: [container("web", "$(DIR)")], initContainers: [container("init", "$(DIR)/b")] };
  const given = { metadata: { name: "p", namespace: "default", uid: "u" }, spec } as unknown as StoredPod;
  const expanded = withSubPaths(given, {} as EnvironmentSources);
  const mounts = [...expanded.spec.containers, ...(expanded.spec.initContainers ?? [])].map(
    (each) => each.volumeMounts,
  );
  expect(mounts.map((each) => each?.[0]?.subPath)).toEqual(["a", "a/b"]);
  expect(refusedSubPath(expanded, volume, "a", false)).toContain("do not share files");
  expect(withSubPaths({ ...given, spec: { containers: [] } }, {} as EnvironmentSources).spec.containers).toEqual([]);
});
