import { expect, test } from "vitest";
import type { VolumeMount } from "../../../../../src/apis/core/pod-spec.ts";
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
