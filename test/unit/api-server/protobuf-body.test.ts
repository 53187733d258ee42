// Tests bodies that client-go 0.35 encoded (protobuf-bodies.json has each with its JSON), and malformed bodies.
import { describe, expect, test } from "vitest";
import { parseProtobuf } from "../../../src/api-server/protobuf-body.ts";
import { ok } from "../../../src/base/result.ts";
import recorded from "./protobuf-bodies.json" with { type: "json" };

describe("a protobuf body", () => {
  test.each(recorded.map(({ body, wire }) => [body.kind, body, wire] as const))(
    "a protobuf body of %s decodes to the JSON of the same object",
    (_, body, wire) => {
      expect(parseProtobuf(Buffer.from(wire, "base64"))).toEqual(ok(body));
    },
  );

  const configMap = Buffer.from(recorded[0]?.wire ?? "", "base64");
  test.each([
    ["without the magic bytes", configMap.subarray(4)],
    ["without any bytes", Buffer.alloc(0)],
    ["truncated in the envelope", configMap.subarray(0, 30)],
    [
      "truncated in the object",
      Buffer.concat([configMap.subarray(0, 21), Buffer.from([0x12, 3, 0x0a, 9, 1, 0x1a, 0])]),
    ],
    ["with a number for a string", envelope("ConfigMap", [0x0a, 2, 0x08, 1])],
    ["with bytes for a number", envelope("ConfigMap", [0x22, 1, 1])],
    ["with a varint that does not end", envelope("ConfigMap", [0x20, ...Array<number>(20).fill(0xff)])],
    [
      "with a time that is out of range",
      envelope("Event", [0x32, 10, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    ],
    ["whose managed fields are not JSON", envelope("ConfigMap", [0x0a, 9, 0x8a, 1, 6, 0x3a, 4, 0x0a, 2, 0x7b, 0x7b])],
  ])("a protobuf body %s is refused with 400", (_, bytes) => {
    expect(parseProtobuf(bytes)).toMatchObject({ ok: false, error: { code: 400, reason: "BadRequest" } });
  });

  test("a protobuf body of a custom kind, or of a kind that only planners write, is refused", () => {
    expect(parseProtobuf(envelope("Pod", []))).toMatchObject({ ok: false, error: { code: 415 } });
    const custom = envelope("Service", [], "serving.knative.dev/v1");
    expect(parseProtobuf(custom)).toMatchObject({ ok: false, error: { code: 415 } });
  });

  test("a protobuf body loses unknown fields", () => {
    const bytes = envelope("ConfigMap", [0x78, 1, 0x20, 1, 0x7d, 1, 2, 3, 4]);
    expect(parseProtobuf(bytes)).toEqual(ok({ apiVersion: "v1", kind: "ConfigMap", immutable: true }));
  });
});

/** Returns the magic bytes, then the type and the object's bytes. Each part is shorter than 128 bytes. */
function envelope(kind: string, raw: readonly number[], apiVersion = "v1"): Buffer {
  const text = (tag: number, value: string): number[] => [tag, value.length, ...Buffer.from(value)];
  const type = [...text(0x0a, apiVersion), ...text(0x12, kind)];
  return Buffer.from([...Buffer.from("k8s\0"), 0x0a, type.length, ...type, 0x12, raw.length, ...raw]);
}
