// A body in Kubernetes' protobuf form, as client-go and kubectl send built-in kinds, taken for the JSON that it stands for. Nothing is written in that form.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { type ProtobufField, readMessage } from "../base/protobuf.ts";
import { microTimeText, timeText } from "../base/time.ts";
import { type Field, type Message, messages, type Scalar } from "./protobuf-table.ts";

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Before every body: `k8s` and a zero. Then an envelope with apiVersion, kind and the object's own bytes. */
const MAGIC = Buffer.from("k8s\0", "latin1");
const ENVELOPE = { type: 1, raw: 2 };
const TYPE = { apiVersion: 1, kind: 2 };

type Body = Readonly<Record<string, unknown>>;

/** What cannot be read as the table says; caught in this file. */
class Unreadable extends Error {}

/** The object; undefined for a kind that is not taken in this form; 400 for bytes that are no such message. */
export function parseProtobuf(bytes: Buffer): { readonly body: Body | undefined } | { readonly refused: ApiStatus } {
  try {
    return { body: parseEnvelope(bytes) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { refused: makeFailure("BadRequest", `the body is no protobuf message of Kubernetes: ${error.message}`) };
  }
}

function parseEnvelope(bytes: Buffer): Body | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Unreadable("it does not begin with k8s and a zero");
  const envelope = fieldsOf(bytes.subarray(MAGIC.length));
  const type = fieldsOf(last(envelope, ENVELOPE.type));
  const kind = last(type, TYPE.kind).toString();
  const apiVersion = last(type, TYPE.apiVersion).toString();
  const message = messages.get(kind);
  // Of the other groups only what is deleted has a body in this form.
  if (!message || (kind !== "DeleteOptions" && apiVersion !== "v1")) return undefined;
  return { apiVersion, kind, ...toFields(message, last(envelope, ENVELOPE.raw)) };
}

function fieldsOf(bytes: Buffer): readonly ProtobufField[] {
  const { fields, whole } = readMessage(bytes);
  if (!whole) throw new Unreadable("it is cut off");
  return fields;
}

/** The bytes of a field; of several the last, none where there is none. */
function last(fields: readonly ProtobufField[], number: number): Buffer {
  const found = fields.findLast((each) => each.number === number);
  return found ? bytesOf(found.value) : Buffer.alloc(0);
}

function bytesOf(value: ProtobufField["value"]): Buffer {
  if (typeof value === "number") throw new Unreadable("a number stands where bytes belong");
  return value;
}

function numberOf(value: ProtobufField["value"]): number {
  if (typeof value !== "number") throw new Unreadable("bytes stand where a number belongs");
  return value;
}

/** Fields that the table does not know are left out. */
function toFields(message: Message, bytes: Buffer): Body {
  const found = new Map<Field, ProtobufField["value"][]>();
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message[number];
    if (!field) continue;
    const values = found.get(field);
    if (values) values.push(value);
    else found.set(field, [value]);
  }
  const named = [...found].map(([field, values]) => [field.name, ofField(field, values)] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}

/** The JSON of all occurrences of a field; undefined: absent. */
function ofField({ type, shape, emptyCounts }: Field, values: readonly ProtobufField["value"][]): unknown {
  if (shape === "list") return values.map((value) => toJson(type, value));
  if (shape === "map") return Object.fromEntries(values.map((value) => toEntry(type, fieldsOf(bytesOf(value)))));
  const read = toJson(type, values.at(-1) ?? Buffer.alloc(0));
  return !emptyCounts && (read === "" || read === 0 || read === false) ? undefined : read;
}

function toEntry(type: Field["type"], entry: readonly ProtobufField[]): readonly [string, unknown] {
  const value = entry.findLast(({ number }) => number === 2)?.value ?? Buffer.alloc(0);
  return [last(entry, 1).toString(), toJson(type, value)];
}

function toJson(type: Scalar | Message, value: ProtobufField["value"]): unknown {
  if (typeof type === "object") return toFields(type, bytesOf(value));
  switch (type) {
    case "number":
      return numberOf(value);
    case "flag":
      return numberOf(value) !== 0;
    case "bytes":
      return bytesOf(value).toString("base64");
    case "text":
      return bytesOf(value).toString();
    case "quantity":
      return last(fieldsOf(bytesOf(value)), 1).toString();
    case "fields":
      return toJsonText(last(fieldsOf(bytesOf(value)), 1));
    default:
      return toSpecial(type, fieldsOf(bytesOf(value)));
  }
}

function toJsonText(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString() || "{}");
  } catch {
    throw new Unreadable("fieldsV1 is no JSON");
  }
}

/** Messages whose JSON is a text or a number. A time without seconds is none. */
function toSpecial(type: "time" | "microTime" | "intOrString", fields: readonly ProtobufField[]): unknown {
  const number = (wanted: number): number => numberOf(fields.findLast((each) => each.number === wanted)?.value ?? 0);
  if (type === "intOrString") return number(1) === 0 ? number(2) : last(fields, 3).toString();
  if (!fields.some((each) => each.number === 1)) return undefined;
  const time = number(1) * 1000 + number(2) / 1_000_000;
  if (!(Math.abs(time) <= LATEST_TIME)) throw new Unreadable("a time is out of range");
  return type === "time" ? timeText(time) : microTimeText(time);
}

/** Of a Date. */
const LATEST_TIME = 8.64e15;
