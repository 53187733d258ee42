// Parses the values of flags and arguments. Every refusal names what is allowed.
import { InvalidArgumentError } from "commander";
import { durationMs, parseDuration } from "../../base/go/duration.ts";
import { quantityNumber } from "../../base/go/quantity.ts";
import { allowedText, type FlagKind, type FlagValue } from "../../project/session-flags.ts";

/** Returns the value of a flag's text; undefined if the text is not allowed for this kind of flag. */
export function parseFlag<K extends FlagKind>(kind: K, text: string): FlagValue<K> | undefined;
export function parseFlag(kind: FlagKind, text: string): string | number | boolean | undefined {
  switch (kind.type) {
    case "count": {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= kind.least && value <= (kind.most ?? Number.MAX_SAFE_INTEGER) ? value : undefined;
    }
    case "duration": {
      const duration = parseDuration(text);
      return duration.ok && duration.value >= 0n ? durationMs(duration.value) : undefined;
    }
    case "bytes": {
      const bytes = quantityNumber(text);
      return bytes !== undefined && bytes >= 0 ? bytes : undefined;
    }
    case "choice":
      return kind.choices.includes(text) ? text : undefined;
    case "switch":
      return { true: true, "1": true, false: false, "0": false }[text];
    default:
      return text;
  }
}

/** Returns the parser of a commander option or argument. Commander prints its error after the name of the option. */
export function parserOf<K extends FlagKind>(kind: K): (text: string) => FlagValue<K> {
  return (text) => {
    const value = parseFlag(kind, text);
    if (value === undefined) throw new InvalidArgumentError(`Expected ${allowedText(kind)}.`);
    return value;
  };
}

export const parseDurationFlag = parserOf({ type: "duration", value: "" });

/** A parser of whole numbers of at least `least`. */
export const parseCountFlag = (least: number) => parserOf({ type: "count", value: "", least });
