// Which limits are rendered, and which are reported as reduced.
import { expect, test } from "vitest";
import { renderLimits } from "../../../../../src/node/kubelet/spec/security-spec.ts";

const MEMORY = 8 * 2 ** 30;
const machine = { nodeCpus: 4, nodeMemoryBytes: MEMORY };

test("only limits above the machine's are reported as reduced (11 A6)", () => {
  const reduced = (limits: Record<string, string | number>) => renderLimits({ limits }, machine).reduced;
  expect(reduced({ cpu: 4, memory: MEMORY })).toEqual([]);
  expect(reduced({ cpu: "4001m", memory: MEMORY + 1 })).toEqual([
    "cpu limit 4001m: has 4",
    `memory limit ${MEMORY + 1}: has 8192Mi`,
  ]);
});

test("a limit of 0 is no limit (11 A6)", () => {
  expect(renderLimits({ limits: { cpu: 0, memory: "0" } }, machine)).toEqual({
    limits: { cpuShares: 2, cpuNanos: undefined, memoryBytes: undefined },
    reduced: [],
  });
});
