import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canEmulate } from "../../../../src/node/runtime/docker/emulators.ts";

test("the kernel has an emulator or has none; if it does not show them, as in a container, knap does not know", () => {
  const folder = mkdtempSync(join(tmpdir(), "knap-binfmt-"));
  expect(canEmulate("s390x", folder)).toBeUndefined();
  writeFileSync(join(folder, "status"), "enabled\n");
  writeFileSync(join(folder, "qemu-aarch64"), "enabled\n");
  expect(["arm64", "s390x"].map((each) => canEmulate(each, folder))).toEqual([true, false]);
  expect(canEmulate("amd64", folder)).toBe(false);
  writeFileSync(join(folder, "rosetta"), "enabled\n");
  expect(canEmulate("amd64", folder)).toBe(true);
  rmSync(folder, { recursive: true });
});
