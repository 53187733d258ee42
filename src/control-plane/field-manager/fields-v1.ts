// Encodes sets of fields as FieldsV1, the JSON form in metadata.managedFields, and decodes it.
import { compareBytes } from "../../apis/meta/field-error.ts";
import { isFields, type JsonFields, parseJson } from "../../base/json.ts";
import { EMPTY, type FieldSet, makeSet } from "./field-set.ts";
import { keyElement, valueElement } from "./path-element.ts";

/** A key that says that the path of its object is in the set. An empty object says the same. */
const SELF = ".";

export function encodeFields({ children }: FieldSet): JsonFields {
  const sorted = [...children].sort(([a], [b]) => compareBytes(a, b));
  return Object.fromEntries(sorted.map(([element, child]) => [element, encodeChild(child)]));
}

function encodeChild(child: FieldSet): JsonFields {
  const below = encodeFields(child);
  return child.isMember && child.children.size > 0 ? { [SELF]: {}, ...below } : below;
}

/** Returns undefined if the value is not FieldsV1. Ignores path elements of unknown types, as Kubernetes does. */
export function decodeFields(json: unknown): FieldSet | undefined {
  if (!isFields(json)) return undefined;
  const children: (readonly [string, FieldSet])[] = [];
  for (const [text, value] of Object.entries(json)) {
    if (text === SELF) continue;
    const element = decodeElement(text);
    if (element === "unknown") continue;
    const child = element === undefined ? undefined : decodeChild(value);
    if (element === undefined || child === undefined) return undefined;
    children.push([element, child]);
  }
  return children.length === 0 ? EMPTY : makeSet(false, children);
}

function decodeChild(json: unknown): FieldSet | undefined {
  const below = decodeFields(json);
  const isMember = isFields(json) && (Object.hasOwn(json, SELF) || below?.children.size === 0);
  return below && { ...below, isMember };
}

/** Returns the element in its canonical form; undefined if it is malformed. */
function decodeElement(text: string): string | "unknown" | undefined {
  const content = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "i:":
      return /^-?\d+$/.test(content) ? text : undefined;
    case "v:": {
      const value = parseJson(content);
      return value === undefined ? undefined : valueElement(value);
    }
    case "k:": {
      const keys = parseJson(content);
      return isFields(keys) ? keyElement(keys) : undefined;
    }
    default:
      return text[1] === ":" ? "unknown" : undefined;
  }
}
