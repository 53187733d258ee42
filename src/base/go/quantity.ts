// Kubernetes quantities (`100m`, `64Mi`, `1e3`): read, compared and written canonically. Source: apimachinery pkg/api/resource.
import { type Parsed, parsed, unparsed } from "../parsed.ts";

type Format = "decimal" | "binary" | "exponent";
/** `nano`: the amount in billionths of the unit; finer fractions are rounded away from zero. */
export interface ParsedQuantity {
  readonly nano: bigint;
  readonly format: Format;
}

const NANO = 1_000_000_000n;
const LARGEST = ((1n << 63n) - 1n) * NANO;
const DECIMAL = new Map<string, number>([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Reads a quantity; the errors are Kubernetes' own. */
export function parseQuantity(text: string): Parsed<ParsedQuantity> {
  const match = SHAPE.exec(text);
  if (!match || text === "") return unparsed(WRONG_FORMAT);
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  const unit = unitOf(suffix);
  if (!unit) return unparsed("unable to parse quantity's suffix");
  if (whole + fraction === "") return unparsed("unable to parse numeric part of quantity");
  const size = BigInt(whole + fraction);
  const scale = unit.format === "binary" ? 9 - fraction.length : 9 - fraction.length + unit.power;
  const factor = unit.format === "binary" ? 1n << BigInt(unit.power) : 1n;
  const nano = atMost(LARGEST, scaledUp(size * factor, scale));
  const isSmall = unit.format === "binary" && nano < NANO && nano > 0n;
  return parsed({ nano: sign === "-" ? -nano : nano, format: isSmall ? "decimal" : unit.format });
}

function unitOf(suffix: string): { format: Format; power: number } | undefined {
  const decimal = DECIMAL.get(suffix);
  if (decimal !== undefined) return { format: "decimal", power: decimal };
  const binary = BINARY.indexOf(suffix);
  if (binary >= 0) return { format: "binary", power: 10 * (binary + 1) };
  if (!/^[eE][+-]?\d+$/.test(suffix)) return undefined;
  return { format: "exponent", power: Number(suffix.slice(1)) };
}

function scaledUp(value: bigint, scale: number): bigint {
  // Any power beyond these is capped, or rounded up to one billionth, anyway.
  if (scale >= 0) return value * 10n ** BigInt(Math.min(scale, 60));
  const divisor = 10n ** BigInt(Math.min(-scale, 400));
  return (value + divisor - 1n) / divisor;
}

function atMost(limit: bigint, value: bigint): bigint {
  return value > limit ? limit : value;
}

/** The canonical text: the same amount with the largest suffix that needs no fraction. */
export function formatQuantity({ nano, format }: ParsedQuantity): string {
  if (nano === 0n) return "0";
  const sign = nano < 0n ? "-" : "";
  const size = nano < 0n ? -nano : nano;
  if (format === "binary" && size >= 1024n * NANO) return sign + binaryText(size);
  let mantissa = size;
  let power = -9;
  while (mantissa % 1000n === 0n && power < 18) {
    mantissa /= 1000n;
    power += 3;
  }
  const suffix = [...DECIMAL].find(([, known]) => known === power)?.[0] ?? "";
  return `${sign}${mantissa}${format === "exponent" && power !== 0 ? `e${power}` : suffix}`;
}

function binaryText(size: bigint): string {
  let mantissa = (size + NANO - 1n) / NANO;
  let step = 0;
  while (mantissa % 1024n === 0n && step < BINARY.length) {
    mantissa /= 1024n;
    step += 1;
  }
  return `${mantissa}${step === 0 ? "" : BINARY[step - 1]}`;
}

/** The amount as a plain number (`100m` → 0.1, `1Ki` → 1024); undefined when the text is no quantity. */
export function quantityNumber(text: string | number): number | undefined {
  const quantity = parseQuantity(String(text));
  return quantity.ok ? Number(quantity.value.nano) / 1e9 : undefined;
}

/** The canonical text of a quantity text or number; undefined when it is none. */
export function canonicalQuantity(text: string | number): string | undefined {
  const quantity = parseQuantity(String(text).trim());
  return quantity.ok ? formatQuantity(quantity.value) : undefined;
}
