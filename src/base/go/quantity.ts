// Parses Kubernetes quantities (`100m`, `64Mi`, `1e3`) and formats them canonically.
// Follows k8s.io/apimachinery/pkg/api/resource.
import { failed, ok, type Result } from "../result.ts";

type Format = "decimal" | "binary" | "exponent";
export interface ParsedQuantity {
  /** The amount in billionths of the unit. Finer fractions are rounded away from zero. */
  readonly nano: bigint;
  readonly format: Format;
  /** The input text, if Kubernetes considers the text canonical and writes it unchanged. */
  readonly text?: string | undefined;
}

const NANO = 1_000_000_000n;
/** Binary amounts are capped here; decimal amounts have no limit. */
const LARGEST_BINARY = ((1n << 63n) - 1n) * NANO;
/** So many decimal digits always fit in an int64. */
const INT64_DIGITS = 18;
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
/** Longer texts would take long: time grows with the square of the digits. */
const MAX_LENGTH = 1000;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?/;
const SUFFIX = /^[eEinumkKMGTP]*[-+]?\d*$/;
const WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Parses a quantity. The error texts are those of Kubernetes, except for a text of more than 1000 characters. */
export function parseQuantity(text: string): Result<ParsedQuantity> {
  if (text.length > MAX_LENGTH) return failed(`a quantity must have at most ${MAX_LENGTH} characters`);
  const [number = "", sign = "", whole = "", fraction = ""] = NUMBER.exec(text) ?? [];
  const suffix = text.slice(number.length);
  if (text === "" || !SUFFIX.test(suffix)) return failed(WRONG_FORMAT);
  const unit = unitOf(suffix);
  if (!unit) return failed("unable to parse quantity's suffix");
  // Kubernetes' fast path, which binary suffixes do not use, reads a text without digits as zero.
  if (whole + fraction === "" && unit.format === "binary") return failed("unable to parse numeric part of quantity");
  const digits = (whole.replace(/^0+/, "") || "0") + fraction;
  const amount = amountOf(BigInt(digits), fraction.length, unit);
  const nano = sign === "-" ? -amount : amount;
  const isKept = looksCanonical(digits, fraction.length, unit);
  return ok({ nano, format: unit.format, text: isKept ? text : undefined });
}

interface Unit {
  readonly format: Format;
  /** Exponent of ten, or of two if the format is binary. */
  readonly power: number;
}

function unitOf(suffix: string): Unit | undefined {
  const decimal = DECIMAL.get(suffix);
  if (decimal !== undefined) return { format: "decimal", power: decimal };
  const binary = BINARY.indexOf(suffix);
  if (binary >= 0) return { format: "binary", power: 10 * (binary + 1) };
  const power = /^[eE][+-]?\d+$/.test(suffix) ? Number(suffix.slice(1)) : Number.POSITIVE_INFINITY;
  return Math.abs(power) < 2 ** 63 ? { format: "exponent", power } : undefined;
}

function amountOf(digits: bigint, places: number, { format, power }: Unit): bigint {
  if (format !== "binary") return scaledUp(digits, 9 - places + power);
  const nano = scaledUp(digits << BigInt(power), 9 - places);
  return nano > LARGEST_BINARY ? LARGEST_BINARY : nano;
}

function scaledUp(value: bigint, scale: number): bigint {
  // Limits the memory that a huge exponent would use. Larger powers give the same results.
  if (scale >= 0) return value * 10n ** BigInt(Math.min(scale, 400));
  const divisor = 10n ** BigInt(Math.min(-scale, 400));
  return (value + divisor - 1n) / divisor;
}

/** Returns true if Kubernetes' fast path keeps the text unchanged. The text may have a plus sign or a trailing dot. */
function looksCanonical(digits: string, places: number, { format, power }: Unit): boolean {
  if (format === "binary") {
    const isShort = digits.length + Math.trunc(power * 0.3) < 15;
    return places === 0 && isShort && BigInt(digits) % 8n !== 0n;
  }
  const scale = power - places;
  const isShort = digits.length <= INT64_DIGITS && scale >= -9;
  return isShort && scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}

/** Returns the canonical text: the same amount with the largest suffix that needs no fraction. */
export function formatQuantity({ nano, format, text }: ParsedQuantity): string {
  if (nano === 0n) return "0";
  if (text !== undefined) return text;
  const sign = nano < 0n ? "-" : "";
  const size = nano < 0n ? -nano : nano;
  if (format === "binary" && size >= 1024n * NANO && size % NANO === 0n) return sign + binaryText(size / NANO);
  let mantissa = size;
  let power = -9;
  while (mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    power += 3;
  }
  // There is no suffix beyond E: Kubernetes writes none.
  const suffix = [...DECIMAL].find(([, known]) => known === power)?.[0] ?? "";
  return `${sign}${mantissa}${format === "exponent" && power !== 0 ? `e${power}` : suffix}`;
}

function binaryText(size: bigint): string {
  let mantissa = size;
  let step = 0;
  while (mantissa % 1024n === 0n && step < BINARY.length) {
    mantissa /= 1024n;
    step += 1;
  }
  return `${mantissa}${step === 0 ? "" : BINARY[step - 1]}`;
}

/** Returns the amount as a number (`100m` → 0.1, `1Ki` → 1024); undefined if the text is not a quantity. */
export function quantityNumber(text: string | number): number | undefined {
  const quantity = parseQuantity(String(text));
  return quantity.ok ? Number(quantity.value.nano) / 1e9 : undefined;
}

/** Returns the canonical text of a quantity; undefined if the input is not a quantity. */
export function canonicalQuantity(text: string | number): string | undefined {
  const quantity = parseQuantity(String(text).trim());
  return quantity.ok ? formatQuantity(quantity.value) : undefined;
}
