import { describe, expect, test } from "vitest";
import type { ContainerStatus, Pod } from "../../../src/apis/core/types.ts";
import type { Condition } from "../../../src/apis/meta/conditions.ts";
import type { Revision, Service } from "../../../src/apis/serving/types.ts";
import { notReadyCause } from "../../../src/cli/objects/not-ready-cause.ts";

const withConditions = (conditions: readonly Condition[]) =>
  ({ metadata: { name: "hello" }, spec: {}, status: { conditions } }) as unknown as Service & Revision;
const pod = (status: object): Pod => ({ metadata: { name: "p" }, status }) as unknown as Pod;
const container = (more: object): Partial<ContainerStatus> => ({ name: "user-container", ready: false, ...more });
const OUT_OF_DATE: Condition = {
  type: "ConfigurationsReady",
  status: "Unknown",
  reason: "OutOfDate",
  message: "The Configuration is still working to reflect the latest desired specification.",
};

describe("the cause of a Service that is not Ready", () => {
  test("names the probe of a pod instead of OutOfDate (11 B8)", () => {
    const message = 'readiness probe of container "user-container" failed: HTTP probe failed with statuscode: 503';
    const unready = pod({ conditions: [{ type: "ContainersReady", status: "False", reason: "NotReady", message }] });
    expect(notReadyCause(withConditions([OUT_OF_DATE]), undefined, [unready])).toEqual({
      reason: "NotReady",
      message: `pod p: ${message}`,
    });
  });

  test("names the container of an exit code (11 B8)", () => {
    const exit: Condition = {
      type: "ContainerHealthy",
      status: "False",
      reason: "ExitCode0",
      message: "Container failed with: container exited with no error",
    };
    const ended = pod({
      containerStatuses: [container({ lastState: { terminated: { exitCode: 0, reason: "Completed" } } })],
    });
    expect(notReadyCause(withConditions([OUT_OF_DATE]), withConditions([exit]), [ended])).toEqual({
      reason: "ExitCode0",
      message: 'container "user-container" ended: Completed',
    });
  });

  test("is said once if condition and pod have the same text (11 B8)", () => {
    const message = 'liveness probe of container "user-container" failed 3 times, and the container was stopped: 500';
    const failed: Condition = { type: "ContainerHealthy", status: "False", reason: "Unhealthy", message };
    const ended = pod({ containerStatuses: [container({ state: { terminated: { exitCode: 137, message } } })] });
    expect(notReadyCause(withConditions([]), withConditions([failed]), [ended]).message).toBe(message);
  });

  test("is the condition if no pod exists", () => {
    expect(notReadyCause(withConditions([OUT_OF_DATE]), undefined, [])).toMatchObject({ reason: "OutOfDate" });
  });
});
