import { describe, expect, test } from "vitest";
import { makePauseProgram } from "../../../../src/node/kubelet/pause-image.ts";

describe("the pause program", () => {
  test("the pause program is an ELF file of 129 bytes on x86-64, and also exists for arm64", () => {
    const program = makePauseProgram("amd64");
    expect(program?.length).toBe(129);
    expect(program?.subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    expect(program?.readUInt16LE(18)).toBe(62);
    expect(makePauseProgram("arm64")?.readUInt16LE(18)).toBe(183);
    expect(makePauseProgram("s390x")).toBeUndefined();
  });
});
