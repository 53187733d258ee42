import { describe, expect, test } from "vitest";
import { projectJsonSchema } from "../../../src/project/json-schema.ts";
import { sessionFlags } from "../../../src/project/session-flags.ts";

interface Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly additionalProperties: unknown;
  readonly items: Schema;
  readonly enum: readonly string[];
  readonly description: string;
  readonly required: readonly string[];
}
const schema = projectJsonSchema() as Schema;
const service = schema.properties["services"]?.additionalProperties as Schema;
const rule = service.properties["develop"]?.properties["watch"]?.items as Schema;

describe("the JSON schema of knap.yaml", () => {
  test("it has every session flag and every other key, each with a description, and allows no other key", () => {
    const keys = [...Object.keys(sessionFlags), "files", "config", "secrets", "services"];
    expect(Object.keys(schema.properties).sort()).toEqual(keys.sort());
    for (const { description } of Object.values(schema.properties)) expect(description).toMatch(/\w/);
    expect([schema.additionalProperties, service.additionalProperties, rule.additionalProperties]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("it describes values as people write them: durations are texts, and choices are listed", () => {
    expect(schema.properties["stop-timeout"]).toMatchObject({ type: "string" });
    expect(schema.properties["watch"]).toMatchObject({ type: "boolean", description: "watch files for changes" });
    expect(schema.properties["runtime"]?.enum).toEqual(["auto", "docker", "process"]);
    expect(Object.keys(service.properties)).toEqual(["build", "command", "develop"]);
  });

  test("a watch rule needs path and action, and lists the actions", () => {
    expect(rule.required).toEqual(["path", "action"]);
    expect(rule.properties["action"]?.enum).toEqual(["sync", "sync+exec", "sync+restart", "restart", "rebuild"]);
    for (const { description } of Object.values(rule.properties)) expect(description).toMatch(/\w/);
  });
});
