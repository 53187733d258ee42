// Prints types as Go's JSON errors name them, and values as Go's `%+v` does in differences of Revisions. Every address
// is printed as 0xADDR.
import { parseQuantity } from "../../base/go/quantity.ts";
import { fieldsOf } from "../../base/json.ts";
import { type Field, type FieldType, goNameOf, type StructType } from "../fields/field.ts";

const ADDRESS = "0xADDR";

/** Returns the name that Go's JSON errors use for a type. */
export function goTypeName(type: FieldType): string {
  if (typeof type === "string") return SCALAR_NAMES[type] ?? type;
  if ("ptr" in type) return goTypeName(type.ptr);
  if ("list" in type) return `[]${goTypeName(type.list)}`;
  if ("map" in type) return `map[string]${goTypeName(type.map)}`;
  return type.struct.includes(".") ? type.struct : `v1.${type.struct}`;
}

const SCALAR_NAMES: Readonly<Record<string, string>> = {
  quantity: "resource.Quantity",
  intOrString: "int32",
  bytes: "string",
  time: "string",
  microTime: "string",
  url: "string",
};

/** Prints a changed value as `%+v` of the value's reflect.Value does. */
export function printedValue(type: FieldType, value: unknown): string {
  if (typeof type === "object" && "ptr" in type) {
    if (typeof type.ptr === "object" && "struct" in type.ptr) return stringOf(type, value);
    // Where the table says `any`, Go has a struct.
    if (type.ptr === "any" && (value === undefined || value === null)) return "nil";
    return value === undefined || value === null ? "<nil>" : ADDRESS;
  }
  return plain(type, value);
}

function plain(type: FieldType | PrintedStruct, value: unknown): string {
  if (typeof type === "string") return scalar(type, value);
  if ("ptr" in type) return printedValue(type, value);
  if ("list" in type)
    return `[${asList(value)
      .map((item) => plain(type.list, item))
      .join(" ")}]`;
  if ("map" in type) {
    const entries = Object.entries(fieldsOf(value)).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${plain(type.map, item)}`).join(" ")}]`;
  }
  const given = fieldsOf(value);
  return `{${parts(type)
    .map(({ name, fields }) => `${name}:${plainPart(fields, given)}`)
    .join(" ")}}`;
}

function plainPart(part: Field | PrintedStruct, given: Readonly<Record<string, unknown>>): string {
  return "struct" in part ? plain(part, given) : plain(part.type, given[part.json]);
}

function scalar(type: string, value: unknown): string {
  if (type === "quantity") return quantityFields(String(value ?? "0"), "named");
  if (type === "intOrString")
    return typeof value === "string"
      ? `{Type:1 IntVal:0 StrVal:${value}}`
      : `{Type:0 IntVal:${String(value ?? 0)} StrVal:}`;
  if (value !== undefined && value !== null) return String(value);
  if (type === "bool") return "false";
  return type.startsWith("int") ? "0" : "";
}

/** Returns the Go fields of a canonical quantity, with or without their names. */
function quantityFields(canonical: string, style: "named" | "bare"): string {
  const [, digits = "0", suffix = ""] = /^([-+]?\d+)(.*)$/.exec(canonical) ?? [];
  const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].indexOf(suffix);
  const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].indexOf(suffix);
  const isExponent = binary < 0 && decimal < 0;
  const scale = binary >= 0 ? 0 : isExponent ? Number(suffix.slice(1)) : 3 * decimal - 9;
  const value = binary >= 0 ? BigInt(digits) << BigInt(10 * (binary + 1)) : digits;
  const format = binary >= 0 ? "BinarySI" : isExponent ? "DecimalExponent" : "DecimalSI";
  const read = parseQuantity(canonical);
  const kept = canonical === "0" ? "0" : read.ok ? (read.value.text ?? "") : "";
  return style === "named"
    ? `{i:{value:${value} scale:${scale}} d:{Dec:<nil>} s:${kept} Format:${format}}`
    : `{{${value} ${scale}} {<nil>} ${kept} ${format}}`;
}

/**
 * Prints a value as the generated String methods of Kubernetes' types do: `&Probe{…}`, with a comma after each field.
 */
function stringOf(type: FieldType | PrintedStruct, value: unknown): string {
  if (typeof type === "string") return scalarString(type, value);
  if ("ptr" in type) {
    if (value === undefined || value === null) return type.ptr === "quantity" ? "<nil>" : "nil";
    if (type.ptr === "quantity") return String(value);
    return typeof type.ptr === "object" && "struct" in type.ptr
      ? `&${stringOf(type.ptr, value)}`
      : `*${scalar(String(type.ptr), value)}`;
  }
  if ("list" in type) {
    if (typeof type.list !== "object" || !("struct" in type.list)) return plain(type, value);
    const element = type.list;
    return `[]${element.struct}{${asList(value)
      .map((item) => `${stringOf(element, item)},`)
      .join("")}}`;
  }
  if ("map" in type) {
    const entries = Object.entries(fieldsOf(value)).sort(([a], [b]) => (a < b ? -1 : 1));
    const name = type.map === "quantity" ? "ResourceList" : "map[string]string";
    return `${name}{${entries.map(([key, item]) => `${key}: ${stringOf(type.map, item)},`).join("")}}`;
  }
  const given = fieldsOf(value);
  const fields = inOrder(parts(type), type.printed).map(({ name, fields: part }) => {
    return `${name}:${"struct" in part ? stringOf(part, given) : stringOf(part.type, given[part.json])},`;
  });
  return `${type.struct}{${fields.join("")}}`;
}

function scalarString(type: string, value: unknown): string {
  if (type === "quantity") return quantityFields(String(value ?? "0"), "bare");
  if (type === "intOrString") return typeof value === "string" ? `{1 0 ${value}}` : `{0 ${String(value ?? 0)} }`;
  return scalar(type, value);
}

type PrintedStruct = Pick<StructType, "struct" | "fields" | "printed">;
interface Part {
  readonly name: string;
  readonly fields: Field | PrintedStruct;
}

function inOrder(all: readonly Part[], printed: readonly string[] | undefined): readonly Part[] {
  if (printed === undefined) return all;
  const place = ({ fields }: Part): number => ("json" in fields ? printed.indexOf(fields.json) : -1);
  return [...all].sort((a, b) => place(a) - place(b));
}

/** Returns the fields of a struct, with those of an embedded struct grouped as one part. */
function parts(type: PrintedStruct): readonly Part[] {
  const seen = new Map<string, Field[]>();
  const out: Part[] = [];
  for (const field of type.fields) {
    if (field.via === undefined) {
      out.push({ name: goNameOf(field), fields: field });
      continue;
    }
    const [name = "", ...deeper] = field.via.split(".");
    const inner: Field = { ...field, via: deeper.length === 0 ? undefined : deeper.join(".") };
    const group = seen.get(name);
    if (group) group.push(inner);
    else {
      const fields = [inner];
      seen.set(name, fields);
      out.push({ name, fields: { struct: name, fields } });
    }
  }
  return out;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
