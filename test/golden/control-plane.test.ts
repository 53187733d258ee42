import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { apiExamplesSuite } from "./api-examples.ts";
import { controlPlaneSuite } from "./control-plane.ts";

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`data/${file}`, import.meta.url), "utf8"));

describe("recorded control plane", () => {
  test("knap replays every transcript of Knative's reconcilers with equal results", async () => {
    const verdicts = (await controlPlaneSuite(read("control-plane.json"))).filter(({ apart }) => apart === undefined);
    expect(verdicts.length).toBeGreaterThan(90);
    expect(verdicts.filter(({ passed }) => !passed)).toEqual([]);
  });
  test("the transition times of a Revision's conditions equal Knative's", async () => {
    const verdicts = await controlPlaneSuite(read("control-plane.json"));
    const apart = verdicts.flatMap(({ apart, why = "" }) => (apart === undefined ? [] : why.split("\n")));
    expect(apart.length).toBeGreaterThan(0);
    expect(apart.filter((line) => /Revision \S+ .*lastTransitionTime/.test(line))).toEqual([]);
  });
  test("knap makes every recorded object, condition and rollout like Knative's builders", async () => {
    const verdicts = await apiExamplesSuite(read("api-examples.json"));
    expect(verdicts.length).toBeGreaterThan(250);
    expect(verdicts.filter(({ passed }) => !passed)).toEqual([]);
  });
});
