import { describe, expect, it } from "vitest";
import { matchesFields, parseFieldSelector } from "../../../src/api-server/field-selector.ts";
import { answerForm } from "../../../src/api-server/negotiation.ts";
import { repeatedFields } from "../../../src/api-server/repeated-fields.ts";
import type { Kind } from "../../../src/apis/kinds.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";

describe("repeated fields", () => {
  it.each([
    ['{"a":1,"a":2}', ["a"]],
    ['{"a":{"b":1,"b":2,"b":3}}', ["a.b", "a.b"]],
    ['[{"x":1},{"x":1,"x":2}]', ["[1].x"]],
    ['{"l":[[1,{"k":1,"k":2}]]}', ["l[0][1].k"]],
    ['{"a":"a","b":"a,b:{}","c":["a","a"]}', []],
    ['{"a\\"b":1,"a\\u0022b":2}', ['a"b']],
    ['{"a":{"k":1},"b":{"k":1}}', []],
  ])("of %s are %j", (text, paths) => {
    expect(repeatedFields(text)).toEqual(paths);
  });
});

describe("the form of an answer", () => {
  const form = (accept: string, isBuiltin = false): string => {
    const found = answerForm(accept, isBuiltin);
    return found.ok
      ? `${found.value.media} ${found.value.as ?? "whole"} ${found.value.version}`
      : `${found.error.code}`;
  };
  it.each([
    ["", "json whole v1"],
    ["*/*", "json whole v1"],
    ["application/yaml;q=0.5, application/json;q=0.4", "yaml whole v1"],
    ["application/json;as=Table;g=meta.k8s.io;v=v1beta1, application/json", "json Table v1beta1"],
    ["application/json;as=Table;g=meta.k8s.io;v=v2, application/json", "json whole v1"],
    ["application/json;as=Table;g=other, application/yaml", "yaml whole v1"],
    ["application/yaml;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "yaml PartialObjectMetadata v1"],
    ["application/vnd.kubernetes.protobuf", "406"],
    ["text/html", "406"],
    [";;;", "406"],
  ])("for Accept %j is %s", (accept, expected) => {
    expect(form(accept)).toBe(expected);
  });

  it("is JSON for clients of built-in kinds that accept only protobuf", () => {
    expect(form("application/vnd.kubernetes.protobuf", true)).toBe("json whole v1");
  });
});

describe("field selectors", () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a,b", namespace: "default" },
    spec: { nodeName: "n" },
  } as AnyObject;
  const matches = (kind: Kind, text: string, object = pod): boolean | string => {
    const parsed = parseFieldSelector(kind, text);
    return parsed.ok ? matchesFields(parsed.value, object) : parsed.error;
  };
  it.each([
    ["", true],
    ["metadata.name=a\\,b,spec.nodeName==n", true],
    ["status.phase=", true],
    ["status.phase!=Running", true],
    ["spec.nodeName!=n", false],
    ["metadata.uid=1", "field label not supported: metadata.uid"],
    ["spec.nodeName", "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'"],
  ])("%j on a Pod gives %j", (text, expected) => {
    expect(matches("Pod", text)).toBe(expected);
  });

  it("only Pods have the field spec.nodeName, and a Node without spec is schedulable", () => {
    expect(matches("ConfigMap", "spec.nodeName=n")).toBe("field label not supported: spec.nodeName");
    expect(matches("Node", "spec.unschedulable=false", { ...pod, kind: "Node", spec: {} })).toBe(true);
  });
});
