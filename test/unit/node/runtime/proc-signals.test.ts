import { expect, test } from "vitest";
import { isUnhandled } from "../../../../src/node/runtime/proc-signals.ts";

const SIGTERM = 15;
/** The text of /proc/PID/status. Masks are hexadecimal; the bit of SIGTERM is 4000. */
const status = ({ name = "node", pids = "4711\t1", blocked = "0", caught = "0" }): string =>
  `Name:\t${name}\nNSpid:\t${pids}\nSigBlk:\t${blocked.padStart(16, "0")}\nSigCgt:\t${caught.padStart(16, "0")}\n`;

test.each([
  ["a first process without a handler", {}, true],
  ["a first process with a handler", { caught: "4000" }, false],
  ["a first process with a handler of another signal", { caught: "2" }, true],
  ["another process of the container", { pids: "4711\t7" }, false],
  ["a process of the host", { pids: "4711" }, false],
  ["an init process that waits for the blocked signal", { name: "catatonit", blocked: "4000" }, false],
  ["tini, whose signal does not show as blocked", { name: "tini" }, false],
])("%s drops SIGTERM: %j → %s", (_what, fields, isDropped) => {
  expect(isUnhandled(status(fields), SIGTERM)).toBe(isDropped);
});
