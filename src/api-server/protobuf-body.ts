// Decodes bodies in Kubernetes' protobuf format, which client-go and kubectl send for built-in kinds. Answers are JSON.
import { callStructs } from "../apis/fields/calls.ts";
import { builtinStructs, deleteOptions } from "../apis/fields/core.ts";
import type { Field, FieldType, StructType } from "../apis/fields/field.ts";
import { type Kind, kindOf } from "../apis/kinds.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import type { JsonFields } from "../base/json.ts";
import { type ProtobufField, readMessage } from "../base/protobuf.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { microTimeText, timeText } from "../base/time.ts";
import { unsupportedMedia } from "./api-answer.ts";
import { parseJsonText } from "./json-text.ts";

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** A body starts with these bytes. An envelope with apiVersion, kind and the object's bytes follows. */
const MAGIC = Buffer.from("k8s\0", "latin1");
const ENVELOPE = { type: 1, raw: 2 };
const TYPE = { apiVersion: 1, kind: 2 };

/** Kinds that are decoded from JSON only: their field tables have no protobuf numbers. */
const JSON_ONLY: ReadonlySet<Kind> = new Set(["Pod", "Node", "Deployment.apps"]);

/** The bytes do not match the field table. Thrown and caught in this file. */
class MalformedProtobuf extends Error {}

/** Returns the object. Fails with 400 for malformed bytes, 415 for a kind that knap does not accept as protobuf. */
export function parseProtobuf(bytes: Buffer): Result<JsonFields, ApiStatus> {
  try {
    const object = parseEnvelope(bytes);
    return object ? ok(object) : failed(unsupportedMedia("application/json"));
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
    return refuse("BadRequest", `the body is not a protobuf message of Kubernetes: ${error.message}`);
  }
}

function parseEnvelope(bytes: Buffer): JsonFields | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new MalformedProtobuf("it does not start with k8s and a zero byte");
  const envelope = fieldsOf(bytes.subarray(MAGIC.length));
  const type = fieldsOf(last(envelope, ENVELOPE.type));
  const kind = last(type, TYPE.kind).toString();
  const apiVersion = last(type, TYPE.apiVersion).toString();
  const struct = structOf(apiVersion, kind);
  if (!struct) return undefined;
  return { apiVersion, kind, ...toFields(struct, last(envelope, ENVELOPE.raw)) };
}

/** Returns undefined for a kind that must be JSON. */
function structOf(apiVersion: string, kind: string): StructType | undefined {
  if (kind === "DeleteOptions") return deleteOptions;
  const known = kindOf({ apiVersion, kind });
  return callStructs.get(known) ?? (JSON_ONLY.has(known) ? undefined : builtinStructs.get(known));
}

function fieldsOf(bytes: Buffer): readonly ProtobufField[] {
  const { fields, whole } = readMessage(bytes);
  if (!whole) throw new MalformedProtobuf("it is truncated");
  return fields;
}

/** Returns the bytes of the last field with this number; empty if the message has no such field. */
function last(fields: readonly ProtobufField[], number: number): Buffer {
  const found = fields.findLast((each) => each.number === number);
  return found ? bytesOf(found.value) : Buffer.alloc(0);
}

function bytesOf(value: ProtobufField["value"]): Buffer {
  if (typeof value === "number") throw new MalformedProtobuf("expected a length-delimited field, got a varint");
  return value;
}

function numberOf(value: ProtobufField["value"]): number {
  if (typeof value !== "number") throw new MalformedProtobuf("expected a varint, got a length-delimited field");
  return value;
}

/** Returns the message's fields as JSON, without fields that the struct does not have. */
function toFields({ fields }: StructType, bytes: Buffer): JsonFields {
  const found = new Map<Field, ProtobufField["value"][]>();
  for (const { number, value } of fieldsOf(bytes)) {
    const field = fields.find(({ proto }) => proto === number);
    if (!field) continue;
    const values = found.get(field);
    if (values) values.push(value);
    else found.set(field, [value]);
  }
  const named = [...found].map(([field, values]) => [field.json, ofField(field, values)] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}

/** Returns the JSON of all occurrences of a field; undefined for a zero value, unless the field is a pointer in Go. */
function ofField({ type }: Field, values: readonly ProtobufField["value"][]): unknown {
  if (typeof type === "object" && "list" in type) return values.map((value) => toJson(type.list, value));
  if (typeof type === "object" && "map" in type)
    return Object.fromEntries(values.map((value) => toEntry(type.map, fieldsOf(bytesOf(value)))));
  const value = values.at(-1) ?? Buffer.alloc(0);
  if (typeof type === "object" && "ptr" in type) return toJson(type.ptr, value);
  const json = toJson(type, value);
  return json === "" || json === 0 || json === false ? undefined : json;
}

function toEntry(type: FieldType, entry: readonly ProtobufField[]): readonly [string, unknown] {
  const value = entry.findLast(({ number }) => number === 2)?.value ?? Buffer.alloc(0);
  return [last(entry, 1).toString(), toJson(type, value)];
}

function toJson(type: FieldType, value: ProtobufField["value"]): unknown {
  if (typeof type === "object") return "struct" in type ? toFields(type, bytesOf(value)) : undefined;
  switch (type) {
    case "int32":
    case "int64":
      return numberOf(value);
    case "bool":
      return numberOf(value) !== 0;
    case "bytes":
      return bytesOf(value).toString("base64");
    case "quantity":
      return last(fieldsOf(bytesOf(value)), 1).toString();
    case "fieldsV1":
      return toJsonText(last(fieldsOf(bytesOf(value)), 1));
    case "time":
    case "microTime":
    case "intOrString":
      return toSpecial(type, fieldsOf(bytesOf(value)));
    default:
      return bytesOf(value).toString();
  }
}

function toJsonText(text: Buffer): unknown {
  if (text.length === 0) return {};
  const parsed = parseJsonText(text);
  if (parsed.ok) return parsed.value;
  throw new MalformedProtobuf(`fieldsV1: ${parsed.error.message}`);
}

/** Returns a time as a string (undefined if the field `seconds` is missing), an IntOrString as a number or a string. */
function toSpecial(type: "time" | "microTime" | "intOrString", fields: readonly ProtobufField[]): unknown {
  const number = (wanted: number): number => numberOf(fields.findLast((each) => each.number === wanted)?.value ?? 0);
  if (type === "intOrString") return number(1) === 0 ? number(2) : last(fields, 3).toString();
  if (!fields.some((each) => each.number === 1)) return undefined;
  const time = number(1) * 1000 + number(2) / 1_000_000;
  if (!(Math.abs(time) <= LATEST_TIME)) throw new MalformedProtobuf("a time is out of range");
  return type === "time" ? timeText(time) : microTimeText(time);
}

/** The largest absolute value of a Date, in milliseconds. */
const LATEST_TIME = 8.64e15;
