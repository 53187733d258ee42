// Tests the findings about the port of a container, from its listening sockets.
import { describe, expect, test } from "vitest";
import { judgeListeners } from "../../../../../src/node/kubelet/container/port-findings.ts";

describe("the port finding", () => {
  test.each([
    [[{ port: 8080, loopback: false }], false, undefined],
    [[{ port: 8080, loopback: true }], false, "LoopbackOnly"],
    [[{ port: 8080, loopback: true }], true, undefined],
    [[{ port: 3000, loopback: false }], true, "PortMismatch"],
  ])("the finding for sockets %j with an assigned port (%s) has the reason %s", (listeners, assigned, reason) => {
    expect(judgeListeners(listeners, 8080, assigned)?.reason).toBe(reason);
  });

  test("a container that listens on another port or on none has no reason", () => {
    expect(judgeListeners([{ port: 3000, loopback: false }], 8080, false)).toEqual({
      message: "listens on 3000, not on 8080: set containerPort, or listen on PORT",
    });
    expect(judgeListeners([], 8080, false)).toEqual({ message: "nothing listens on port 8080 yet" });
  });
});
