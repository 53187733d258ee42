// Random Pods, which have keyed lists, sets, atomic lists and maps.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { mergeSchemaOf } from "../../src/apis/schema/merge-schema.ts";
import { isFields, sameJson } from "../../src/base/json.ts";
import {
  difference,
  type FieldSet,
  intersection,
  isEmpty,
  pathTexts,
  union,
} from "../../src/control-plane/field-manager/field-set.ts";
import { decodeFields, encodeFields } from "../../src/control-plane/field-manager/fields-v1.ts";
import { pruneFields } from "../../src/control-plane/field-manager/merge-values.ts";
import { differenceOf, fieldSetOf } from "../../src/control-plane/field-manager/value-set.ts";
import { applied, applyTo } from "../support/apply.ts";

const schema = mergeSchemaOf("Pod");
const text = fc.constantFrom("1", "2");
const optional = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });
const keyed = <T extends object, K extends keyof T>(item: fc.Arbitrary<T>, ...keys: readonly K[]) =>
  fc.uniqueArray(item, { maxLength: 3, selector: (each) => JSON.stringify(keys.map((key) => each[key])) });
const names = fc.constantFrom("a", "b", "c");
const map = fc.dictionary(names, text, { maxKeys: 2 });
const env = keyed(fc.record({ name: names, value: text }), "name");
const port = fc.record({ containerPort: fc.constantFrom(80, 81), protocol: fc.constantFrom("TCP", "UDP"), name: text });
const container = fc
  .tuple(names, optional({ image: text, env, ports: keyed(port, "containerPort", "protocol"), args: fc.array(text) }))
  .map(([name, fields]) => ({ name, ...fields }));
const spec = optional({
  containers: keyed(container, "name"),
  nodeSelector: map,
  tolerations: fc.array(fc.record({ key: text }), { maxLength: 2 }),
  hostAliases: keyed(fc.record({ ip: text, hostnames: fc.array(text, { maxLength: 2 }) }), "ip"),
});
const metadata = optional({ labels: map, finalizers: fc.uniqueArray(names) });
const config = fc.tuple(metadata, fc.option(spec, { nil: undefined })).map(
  ([meta, content]): AnyObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", ...meta },
    ...(content && { spec: content }),
  }),
);
const identity: AnyObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } };

/** Lists with owners per item have no order of their own; empty maps and lists do not count. */
function normalised(value: unknown, name = ""): unknown {
  const isKeyed = ["containers", "env", "ports", "hostAliases", "finalizers"].includes(name);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => normalised(item));
    if (items.length === 0 && isKeyed) return undefined;
    return isKeyed ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (!isFields(value)) return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== "managedFields")
    .map(([key, each]) => [key, normalised(each, key)] as const)
    .filter(([, each]) => each !== undefined && !(isFields(each) && Object.keys(each).length === 0));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

it("an apply of the same configuration again changes neither the object nor its managers", () => {
  fc.assert(
    fc.property(config, config, (first, second) => {
      const live = applied(applyTo(applied(applyTo(undefined, "alice", first)), "bob", second, { force: true }));
      const again = applied(applyTo(live, "bob", second, { now: "2026-01-01T00:00:01Z" }));
      expect(again).toEqual(live);
    }),
  );
});

it("a manager that applies nothing any more leaves exactly the fields of the other manager", () => {
  fc.assert(
    fc.property(config, config, (first, second) => {
      const both = applied(applyTo(applied(applyTo(undefined, "alice", first)), "bob", second, { force: true }));
      const left = applied(applyTo(both, "alice", identity));
      expect(normalised(left)).toEqual(normalised(second));
    }),
  );
});

it("two managers make the same object in any order, or conflict in any order", () => {
  fc.assert(
    fc.property(config, config, (first, second) => {
      const one = applyTo(applied(applyTo(undefined, "alice", first)), "bob", second);
      const other = applyTo(applied(applyTo(undefined, "bob", second)), "alice", first);
      expect(one.ok).toBe(other.ok);
      if (one.ok && other.ok) expect(normalised(one.value)).toEqual(normalised(other.value));
    }),
  );
});

it("the set of a value has a path for each of its values, and FieldsV1 keeps the set", () => {
  fc.assert(
    fc.property(config, (given) => {
      const value = normalised(given);
      const set = fieldSetOf(schema, value);
      const rest = pruneFields(schema, value, set, decodeFields({})!);
      expect(rest).toBeUndefined();
      expect(decodeFields(JSON.parse(JSON.stringify(encodeFields(set))))).toEqual(set);
      const paths = pathTexts(set);
      expect(new Set(paths).size).toBe(paths.length);
    }),
  );
});

it("sets of fields follow the laws of sets", () => {
  const same = (a: FieldSet, b: FieldSet): boolean => sameJson(encodeFields(a), encodeFields(b));
  fc.assert(
    fc.property(config, config, (first, second) => {
      const [a, b] = [fieldSetOf(schema, first), fieldSetOf(schema, second)];
      expect(same(union(a, b), union(b, a))).toBe(true);
      expect(same(union(difference(a, b), intersection(a, b)), a)).toBe(true);
      expect(isEmpty(intersection(difference(a, b), b))).toBe(true);
    }),
  );
});

it("the paths of a new version are those of the old one, but for what changed and what was removed", () => {
  fc.assert(
    fc.property(config, config, (first, second) => {
      // An empty map is a path of its own.
      const [before, after] = [normalised(first), normalised(second)];
      const { changed, removed } = differenceOf(schema, before, after);
      const expected = union(difference(fieldSetOf(schema, before), removed), changed);
      expect(pathTexts(difference(fieldSetOf(schema, after), expected))).toEqual([]);
      const kept = union(fieldSetOf(schema, after), removed);
      expect(pathTexts(difference(fieldSetOf(schema, before), kept))).toEqual([]);
    }),
  );
});
