import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configExamples, exampleData } from "../../../src/apis/config/examples.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { StringMap } from "../../../src/apis/meta/object.ts";

const names = [...configExamples.keys()].filter((name) => name !== "config-domain");

/** The keys that the parser of a ConfigMap reads. */
function keysRead(name: string): readonly string[] {
  const read = new Set<string>();
  const has = (target: object, key: string | symbol): unknown => {
    if (typeof key === "string") read.add(key);
    return Reflect.get(target, key);
  };
  makeServingConfig(new Map([[name, new Proxy({}, { get: has }) as StringMap]]));
  return [...read];
}

describe("the _example of a ConfigMap", () => {
  it.each([...configExamples])("%s is YAML with a comment for each key", (name, text) => {
    const data = parse(text) as StringMap;
    expect(data).toEqual(exampleData(name));
    expect(text.match(/^# /gm)?.length).toBe(Object.keys(data).length + 1);
  });

  it.each(names)("%s shows the defaults", (name) => {
    const given = makeServingConfig(new Map([[name, exampleData(name)]]));
    expect(given.errors).toEqual([]);
    expect(given.config).toEqual(makeServingConfig(new Map()).config);
  });

  it.each(names.filter((name) => name !== "config-deployment"))("%s has only keys that the parser reads", (name) => {
    const read = keysRead(name);
    expect(Object.keys(exampleData(name)).filter((key) => !read.includes(key))).toEqual([]);
  });
});
