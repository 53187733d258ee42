import { describe, expect, it } from "vitest";
import type { Condition } from "../../../src/apis/meta/conditions.ts";
import { conditionOf, conditionSet, isReady } from "../../../src/apis/meta/conditions.ts";
import { childName } from "../../../src/apis/meta/names.ts";

const set = conditionSet("Ready", ["ConfigurationsReady", "RoutesReady"]);
const T1 = "2026-01-01T00:00:01Z";
const T2 = "2026-01-01T00:00:02Z";
const brief = (conditions: readonly Condition[]): string =>
  conditions.map(({ type, status, reason }) => `${type}=${status}${reason ? `(${reason})` : ""}`).join(" ");

describe("condition set", () => {
  const fresh = set.initialise([], T1);
  it("a new condition set has all conditions Unknown, sorted by type", () => {
    expect(brief(fresh)).toBe("ConfigurationsReady=Unknown Ready=Unknown RoutesReady=Unknown");
    expect(set.initialise(fresh, T2)).toBe(fresh);
  });
  it("Ready copies a False dependent and keeps it when another one becomes Unknown later", () => {
    const failed = set.markFalse(fresh, "ConfigurationsReady", T1, { reason: "Bad", message: "it broke" });
    expect(conditionOf(failed, "Ready")).toEqual({
      type: "Ready",
      status: "False",
      reason: "Bad",
      message: "it broke",
      lastTransitionTime: T1,
    });
    expect(brief(set.markUnknown(failed, "RoutesReady", T2, { reason: "Waiting" }))).toBe(
      "ConfigurationsReady=False(Bad) Ready=False(Bad) RoutesReady=Unknown(Waiting)",
    );
  });
  it("Ready is True when every dependent is True, and shows the latest failed dependent until then", () => {
    const half = set.markTrue(set.markUnknown(fresh, "RoutesReady", T2, { reason: "Slow" }), "ConfigurationsReady", T2);
    expect(brief(half)).toBe("ConfigurationsReady=True Ready=Unknown(Slow) RoutesReady=Unknown(Slow)");
    expect(brief(set.markTrue(half, "RoutesReady", T2))).toBe("ConfigurationsReady=True Ready=True RoutesReady=True");
  });
  it("a condition set without a change is the same array with the same transition times", () => {
    const failed = set.markFalse(fresh, "RoutesReady", T1, { reason: "Bad" });
    expect(set.markFalse(failed, "RoutesReady", T2, { reason: "Bad" })).toBe(failed);
  });
  it("a condition outside the set has the severity Info and does not change Ready", () => {
    const next = set.markFalse(fresh, "Active", T1, { reason: "NoTraffic" });
    expect(conditionOf(next, "Active")?.severity).toBe("Info");
    expect(conditionOf(next, "Ready")?.status).toBe("Unknown");
  });
  it("an object is ready only for its observed generation", () => {
    const conditions: Condition[] = [{ type: "Ready", status: "True" }];
    expect(isReady({ metadata: { generation: 2 }, status: { observedGeneration: 2, conditions } })).toBe(true);
    expect(isReady({ metadata: { generation: 3 }, status: { observedGeneration: 2, conditions } })).toBe(false);
  });
});

describe("childName", () => {
  const long = "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789";
  it("childName joins short names and hashes long names", () => {
    expect(childName("hello", "-00001")).toBe("hello-00001");
    expect(childName(long, "-deployment")).toBe("abcdefghijklmnopqrst0d7c07c65fb2b22300b0ceadb74c103c-deployment");
    expect(childName("short", "-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789")).toBe(
      "shorteebacc768886de25f08fa9acf67d8077-abcdefghijklmnopqrstuvwxy",
    );
  });
});
