// Tests the parser of listening sockets in /proc/net/tcp.
import { describe, expect, test } from "vitest";
import { mergeListeners, parseListeners } from "../../../../src/node/runtime/proc-net.ts";

describe("socket tables", () => {
  const row = (address: string, state: string, inode: string) =>
    `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1`;
  const table = [
    "  sl  local_address rem_address   st",
    row("00000000:1F90", "0A", "11"),
    row("0100007F:2328", "0A", "12"),
    row("0100007F:1F90", "01", "13"),
    row("0B00007F:9C40", "0A", "14"),
  ].join("\n");

  test("the parser returns the listening sockets without those of the engine's DNS", () => {
    expect(parseListeners(table)).toEqual([
      { port: 8080, loopback: false, inode: "11" },
      { port: 9000, loopback: true, inode: "12" },
    ]);
  });

  test("a port is loopback only if all its sockets are", () => {
    expect(
      mergeListeners([
        { port: 80, loopback: true },
        { port: 80, loopback: false },
        { port: 81, loopback: true },
      ]),
    ).toEqual([
      { port: 80, loopback: false },
      { port: 81, loopback: true },
    ]);
  });
});
