import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/apis/core/types.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { changedConfigs, usesInEnvironment } from "../../../src/dev/config-use.ts";
import { changedSettings } from "../../../src/dev/dev-loop.ts";

const config = (data: Record<string, string>, name = "settings"): AnyObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data }) as AnyObject;
const secret = (more: object): AnyObject =>
  ({ apiVersion: "v1", kind: "Secret", metadata: { name: "db", namespace: "default" }, ...more }) as AnyObject;
const pod = (container: object, namespace = "default"): Pod =>
  ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace }, spec: { containers: [container] } }) as Pod;

describe("changed ConfigMaps and Secrets", () => {
  test("only keys of existing objects with other values count as changed; labels do not count", () => {
    const labelled = {
      ...config({ a: "1" }),
      metadata: { name: "settings", namespace: "default", labels: { x: "y" } },
    };
    expect(changedConfigs([config({ a: "1" })], [labelled, config({ b: "1" }, "fresh")])).toEqual([]);
    expect(changedConfigs([config({ a: "1", b: "1", c: "1" })], [config({ a: "2", c: "1", d: "1" })])).toEqual([
      { kind: "ConfigMap", namespace: "default", name: "settings", keys: new Set(["a", "b", "d"]) },
    ]);
  });

  test("a Secret's value is equal in data and stringData", () => {
    const before = secret({ stringData: { url: "postgres://a" } });
    const base64 = Buffer.from("postgres://a").toString("base64");
    expect(changedConfigs([before], [secret({ data: { url: base64 } })])).toEqual([]);
    expect(changedConfigs([before], [secret({ stringData: { url: "postgres://b" } })])).toMatchObject([
      { kind: "Secret", keys: new Set(["url"]) },
    ]);
  });
});

describe("whether a pod uses a changed key in its environment", () => {
  const change = { kind: "ConfigMap", namespace: "default", name: "settings", keys: new Set(["a"]) } as const;
  const ref = (key: string, name = "settings") => ({
    env: [{ name: "A", valueFrom: { configMapKeyRef: { name, key } } }],
  });

  test.each([
    ["with that key", pod(ref("a")), true],
    ["with another key", pod(ref("b")), false],
    ["with another ConfigMap", pod(ref("a", "other")), false],
    ["in another namespace", pod(ref("a"), "prod"), false],
    ["with all keys", pod({ envFrom: [{ configMapRef: { name: "settings" } }] }), true],
    ["with a Secret of that name", pod({ envFrom: [{ secretRef: { name: "settings" } }] }), false],
    ["only as a volume", pod({ volumeMounts: [{ name: "settings", mountPath: "/x" }] }), false],
  ])("a pod may use the changed key in its environment: %s", (_, asked, expected) => {
    expect(usesInEnvironment(asked, change)).toBe(expected);
  });

  test("a changed key in the environment of an init container counts", () => {
    const initialised = pod({});
    const spec = { ...initialised.spec, initContainers: [ref("a")] } as Pod["spec"];
    expect(usesInEnvironment({ ...initialised, spec } as Pod, change)).toBe(true);
  });
});

test("only changed settings that take effect at a start are named", () => {
  expect(changedSettings({ port: 1, files: ["a"] }, { port: 2, files: ["b"], config: {} })).toEqual(["port"]);
  expect(changedSettings({ port: 1 }, { drain: "knative" })).toEqual(["port", "drain"]);
  expect(changedSettings({ port: 1 }, { port: 1 })).toEqual([]);
});
