// Parses and formats numbers and booleans as Go does (strconv.Parse…, fmt's %v and %f).
import { failed, ok, type Result } from "../result.ts";
import { quote } from "./quote.ts";

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);
const DECIMAL = /^[+-]?(\d+(_\d+)*)?(\.(\d+(_\d+)*)?)?([eE][+-]?\d+(_\d+)*)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?\d+)$/;

const parseError = (call: string, text: string, why: string) =>
  failed(`strconv.${call}: parsing ${quote(text)}: ${why}`);

/** Behaves as strconv.ParseBool. */
export function parseBool(text: string): Result<boolean> {
  if (TRUE.has(text)) return ok(true);
  if (FALSE.has(text)) return ok(false);
  return parseError("ParseBool", text, "invalid syntax");
}

/** Behaves as strconv.ParseInt(text, 10, bits). 64-bit values beyond 2^53 lose precision. */
export function parseInteger(text: string, bits: 32 | 64): Result<number> {
  if (!/^[+-]?\d+$/.test(text)) return parseError("ParseInt", text, "invalid syntax");
  const value = BigInt(text.replace(/^\+/, ""));
  const limit = 1n << BigInt(bits - 1);
  if (value < -limit || value >= limit) return parseError("ParseInt", text, "value out of range");
  return ok(Number(value));
}

/** Behaves as strconv.ParseUint(text, 10, 64): rejects signs. */
export function parseUnsigned(text: string): Result<number> {
  if (!/^\d+$/.test(text)) return parseError("ParseUint", text, "invalid syntax");
  const value = BigInt(text);
  if (value >= 1n << 64n) return parseError("ParseUint", text, "value out of range");
  return ok(Number(value));
}

/** Behaves as strconv.ParseFloat(text, 64): also accepts `1_000`, `Inf`, `NaN` and `0x1p-2`. */
export function parseFloat64(text: string): Result<number> {
  const special = /^([+-]?)(?:(inf|infinity)|(nan))$/i.exec(text);
  if (special?.[3] && special[1] === "") return ok(Number.NaN);
  if (special?.[2]) return ok(special[1] === "-" ? -Infinity : Infinity);
  const value = DECIMAL.test(text) && /\d/.test(text.split(/[eE]/)[0] ?? "") ? decimal(text) : hexadecimal(text);
  if (value === undefined) return parseError("ParseFloat", text, "invalid syntax");
  if (!Number.isFinite(value)) return parseError("ParseFloat", text, "value out of range");
  return ok(value);
}

function decimal(text: string): number {
  return Number(text.replaceAll("_", ""));
}

function hexadecimal(text: string): number | undefined {
  const match = HEXADECIMAL.exec(text);
  const whole = match?.[2]?.replaceAll("_", "") ?? "";
  const fraction = match?.[3]?.replaceAll("_", "") ?? "";
  if (!match || whole + fraction === "") return undefined;
  const magnitude = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(match[4]) - 4 * fraction.length);
  return match[1] === "-" ? -magnitude : magnitude;
}

/** Formats a float64 as `%v`: the shortest text; below 1e-4 and from 1e6 on with an exponent (`1e+06`). */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  return exponent < 0 ? value.toFixed(Math.min(100, significant(mantissa) - 1 - exponent)) : String(value);
}

function significant(mantissa: string): number {
  return mantissa.replace(/[-.]/g, "").length;
}

/** Formats a float64 as `%f`: six decimals. */
export function formatFixed(value: number): string {
  if (!Number.isFinite(value)) return formatFloat(value);
  if (Object.is(value, -0)) return "-0.000000";
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}
