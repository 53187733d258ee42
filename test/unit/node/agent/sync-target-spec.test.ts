import { expect, test } from "vitest";
import type { Container, Volume } from "../../../../src/apis/core/pod-spec.ts";
import { syncRefusal } from "../../../../src/node/agent/sync-target-spec.ts";

const volumes: readonly Volume[] = [
  { name: "scratch", emptyDir: {} },
  { name: "memory", emptyDir: { medium: "Memory" } },
  { name: "claim", persistentVolumeClaim: { claimName: "c" } },
  { name: "locked", persistentVolumeClaim: { claimName: "c", readOnly: true } },
  { name: "config", configMap: { name: "c" } },
];
const container: Container = {
  name: "web",
  volumeMounts: [
    ...volumes.map(({ name }) => ({ name, mountPath: `/${name}` })),
    { name: "scratch", mountPath: "/config/inner/" },
    { name: "scratch", mountPath: "/read", readOnly: true },
  ],
};

test.each([
  ["/app/a.js", undefined],
  ["/scratch/a", undefined],
  ["/claim/a", undefined],
  ["/config/inner/a", undefined],
  ["/configuration", undefined],
  ["/developer/a", undefined],
  ["/memory/a", '/memory/a is in volume "memory", which is in memory, so later instances would start without it'],
  ["/locked/a", '/locked/a is in volume "locked", which is mounted read-only'],
  ["/read/a", '/read/a is in volume "scratch", which is mounted read-only'],
  ["/config/a", '/config/a is in volume "config", whose files come from Kubernetes objects'],
  ["/proc/1", "/proc/1 is in /proc, which is not part of the image"],
  ["/etc/resolv.conf", "/etc/resolv.conf is a file of the container engine"],
  ["a", '"a" is no clean absolute path of a file in the container'],
  ["/", '"/" is no clean absolute path of a file in the container'],
  ["/a/../b", '"/a/../b" is no clean absolute path of a file in the container'],
  ["/a//b", '"/a//b" is no clean absolute path of a file in the container'],
])("the target %s is refused with %s", (target, refused) => {
  expect(syncRefusal(target, container, volumes)).toBe(refused);
});

test("no target of a read-only root file system is synced", () => {
  const locked = { ...container, securityContext: { readOnlyRootFilesystem: true } };
  expect(syncRefusal("/app/a", locked, volumes)).toContain("read-only root file system");
});
