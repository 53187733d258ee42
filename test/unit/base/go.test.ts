import { describe, expect, it } from "vitest";
import { durationMs, formatDuration, parseDuration } from "../../../src/base/go/duration.ts";
import { formatFixed, formatFloat, parseBool, parseFloat64, parseInteger } from "../../../src/base/go/number.ts";
import { canonicalQuantity, parseQuantity, quantityNumber } from "../../../src/base/go/quantity.ts";
import { quote } from "../../../src/base/go/quote.ts";
import { type GoStruct, parseTemplate } from "../../../src/base/go/template.ts";
import type { Result } from "../../../src/base/result.ts";
import { microTimeText, parseTime, timeText } from "../../../src/base/time.ts";

const outcome = <T>(result: Result<T>): T | string => (result.ok ? result.value : result.error);

describe("Go durations", () => {
  it.each([
    ["1m30s", 90_000],
    [".5h", 1_800_000],
    ["-1s", -1000],
    ["+10s", 10_000],
    ["0", 0],
    ["1h0m1s", 3_601_000],
    ["1.5us", 0.0015],
    ["59m59s", 3_599_000],
  ])("the Go duration %s is read", (text, ms) => {
    const result = parseDuration(text);
    expect(result.ok && durationMs(result.value)).toBe(ms);
  });
  it.each([
    ["", 'time: invalid duration ""'],
    ["60", 'time: missing unit in duration "60"'],
    ["2 days", 'time: unknown unit " days" in duration "2 days"'],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
    [".s", 'time: invalid duration ".s"'],
    ["9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'],
    ["99999999999999999999d", 'time: invalid duration "99999999999999999999d"'],
  ])("the duration %j is refused with Go's error", (text, error) => {
    expect(outcome(parseDuration(text))).toBe(error);
  });
  it.each([
    ["3600s", "1h0m0s"],
    ["6500ms", "6.5s"],
    ["1500us", "1.5ms"],
    ["7ns", "7ns"],
    ["0s", "0s"],
    ["-90s", "-1m30s"],
  ])("the duration %s is printed as %s", (text, shown) => {
    const result = parseDuration(text);
    expect(result.ok && formatDuration(result.value)).toBe(shown);
  });
});

describe("Kubernetes quantities", () => {
  it.each([
    ["0.5", "500m"],
    ["1000m", "1"],
    ["1024Mi", "1Gi"],
    ["1000000k", "1G"],
    ["-1Gi", "-1Gi"],
    ["1e3", "1e3"],
    ["100", "100"],
    ["0.5Gi", "512Mi"],
    ["0.1n", "1n"],
    ["1500Mi", "1500Mi"],
    ["1Ki", "1Ki"],
    ["512", "512"],
    ["0.5Ki", "512"],
    ["9999999999999999999", "9999999999999999999"],
    ["9Ei", "9223372036854775807"],
    ["5.01Mi", "5253365760m"],
    ["12e4", "120e3"],
    ["8514E3", "8514E3"],
    ["+04T", "+04T"],
    [".", "0"],
  ])("the canonical form of quantity %s is %s", (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });
  it("texts that are not quantities are refused", () => {
    expect(outcome(parseQuantity("alot"))).toMatch(/^quantities must match/);
    expect(outcome(parseQuantity("1Q"))).toMatch(/^quantities must match/);
    expect(outcome(parseQuantity("1mm"))).toBe("unable to parse quantity's suffix");
    expect(outcome(parseQuantity(""))).toMatch(/^quantities must match/);
    expect(outcome(parseQuantity(".Pi"))).toBe("unable to parse numeric part of quantity");
  });
  it("a quantity of more than 1000 characters is refused at once (11 A7)", () => {
    expect(outcome(parseQuantity(`${"1".repeat(80_000)}x`))).toBe("a quantity must have at most 1000 characters");
    expect(quantityNumber("1".repeat(1000))).toBeGreaterThan(1e300);
  });
  it("quantities are converted to numbers", () => {
    expect(quantityNumber("100m")).toBe(0.1);
    expect(quantityNumber("1Ki")).toBe(1024);
    expect(quantityNumber("x")).toBeUndefined();
  });
});

describe("Go numbers", () => {
  it("numbers are parsed as Go's strconv does", () => {
    expect(outcome(parseFloat64("1_000"))).toBe(1000);
    expect(outcome(parseFloat64("0x1p-2"))).toBe(0.25);
    expect(outcome(parseFloat64("-Inf"))).toBe(-Infinity);
    expect(outcome(parseFloat64("0x10"))).toBe('strconv.ParseFloat: parsing "0x10": invalid syntax');
    expect(outcome(parseFloat64("."))).toBe('strconv.ParseFloat: parsing ".": invalid syntax');
    expect(outcome(parseInteger("2147483648", 32))).toBe('strconv.ParseInt: parsing "2147483648": value out of range');
    expect(outcome(parseInteger("+3", 32))).toBe(3);
    expect(outcome(parseBool("T"))).toBe(true);
    expect(outcome(parseBool("yes"))).toBe('strconv.ParseBool: parsing "yes": invalid syntax');
  });
  it("numbers are formatted as Go's fmt does", () => {
    expect(formatFloat(0.00001)).toBe("1e-05");
    expect(formatFloat(0.006299999999999999)).toBe("0.006299999999999999");
    expect(formatFloat(1e6)).toBe("1e+06");
    expect(formatFloat(100.1)).toBe("100.1");
    expect(formatFixed(-2)).toBe("-2.000000");
    expect(quote('a"\n\u00e9')).toBe('"a\\"\\n\u00e9"');
  });
});

describe("Go templates", () => {
  const run = (source: string, data: unknown): string => {
    const template = parseTemplate("t", source);
    return template.ok ? outcome(template.value.execute(data)) : template.error;
  };
  const meta: GoStruct = { goType: "v1.ObjectMeta", fields: { Name: "web", Labels: { app: "x" }, Parts: ["a", "b"] } };
  it.each([
    ["{{.Name .Labels}}", "1:2", ".Name", "Name has arguments but cannot be invoked as function"],
    ["{{.Labels.app 1}}", "1:9", ".Labels.app", "app is not a method but has arguments"],
    ["{{nil}}", "1:2", "nil", "nil is not a command"],
    ["{{printf}}", "1:2", "printf", "wrong number of args for printf: want at least 1 got 0"],
    ["{{not 1 2}}", "1:2", "not", "wrong number of args for not: want 1 got 2"],
    ["{{len 3}}", "1:2", "len 3", "error calling len: len of type int"],
    ["{{index .Labels 1}}", "1:2", "index .Labels 1", "error calling index: value has type int; should be string"],
    ["{{slice .Name 2 1}}", "1:2", "slice .Name 2 1", "error calling slice: invalid slice index: 2 > 1"],
    ["{{eq .Name 1}}", "1:2", "eq .Name 1", "error calling eq: incompatible types for comparison: string and int"],
    ["{{range not .Name}}{{end}}", "1:12", ".Name", "range can't iterate over false"],
  ])("the template %s fails when it runs", (source, place, context, why) => {
    expect(run(source, meta)).toBe(`template: t:${place}: executing "t" at <${context}>: ${why}`);
  });
  it.each([
    ["{{..Name}}", 'unexpected . after term "."'],
    ["{{'ab'}}", "malformed character constant: 'ab'"],
    ["{{1 | 2}}", "non executable command in pipeline stage 2"],
    ["{{()}}", "missing value for parenthesized pipeline"],
    ["{{.Name)}}", "unexpected right paren"],
    ["{{| .Name}}", 'unexpected "|" in command'],
    ["{{#}}", 'unexpected "#" in command'],
  ])("the template %s does not parse", (source, why) => {
    expect(run(source, meta)).toBe(`template: t:1: ${why}`);
  });
  it.each([
    ["{{.Name}}-c", "web-c"],
    ["{{ .Labels.app }}", "x"],
    ["{{ .Labels.none }}", "<no value>"],
    ['{{ index .Labels "none" }}', ""],
    ['{{if eq .Name "web"}}yes{{else}}no{{end}}', "yes"],
    ['{{if eq .Name "api"}}a{{else if .Labels.app}}b{{else}}c{{end}}', "b"],
    ["{{range $i, $p := .Parts}}{{$i}}{{$p}},{{end}}", "0a,1b,"],
    ["{{with .Labels}}{{.app}}{{end}} {{- /* gone */ -}} !", "x!"],
    ['{{ .Name | printf "%s-%05d" }}', "web-%!d(MISSING)"],
    ['{{ printf "%q" .Name }}', '"web"'],
    ["{{ $x := len .Parts }}{{ $x }}", "2"],
    ['{{ js "<a>" }}', "\\u003Ca\\u003E"],
    ['{{ or .Labels.none "other" }}', "other"],
    ["{{(index .Parts 1)}}", "b"],
  ])("the template %s has the expected output", (source, text) => {
    expect(run(source, meta)).toBe(text);
  });
  it("template errors have Go's text", () => {
    expect(run("{{.Name", meta)).toBe("template: t:1: unclosed action");
    expect(run("{{nope}}", meta)).toBe('template: t:1: function "nope" not defined');
    expect(run("{{.Nope}}", meta)).toBe(
      'template: t:1:2: executing "t" at <.Nope>: can\'t evaluate field Nope in type v1.ObjectMeta',
    );
    expect(run("{{if .Name}}", meta)).toBe("template: t:1: unexpected EOF");
    expect(run("{{end}}", meta)).toBe("template: t:1: unexpected {{end}}");
    expect(run("{{$x}}", meta)).toBe('template: t:1: undefined variable "$x"');
    expect(run("a\n{{/* x }}", meta)).toBe("template: t:2: unclosed comment");
    expect(run("{{/* x */ }}", meta)).toBe("template: t:1: comment ends before closing delimiter");
  });
  it.each([
    ['{{printf "%999999999d-" 1}}', "%!(NOVERB)%!(EXTRA int=1)"],
    ['{{printf "%.999999999f" 1}}', "%!(NOVERB)%!(EXTRA int=1)"],
    ['{{printf "%.102f" 0.5 | len}}', "104"],
    ['{{printf "a%"}}', "a%!(NOVERB)"],
    ['{{printf "%-4s|" "x"}}', "x   |"],
    ['{{printf "%s" "x" true}}', "x%!(EXTRA bool=true)"],
    [`{{${"(".repeat(30_000)}1${")".repeat(30_000)}}}`, "template: t:1: max expression depth exceeded"],
    ["{{if .Name}}".repeat(4000), "template: t:1: max expression depth exceeded"],
    [`{{if .Name}}${"{{else if .Name}}".repeat(2000)}{{end}}`, "template: t:1: max expression depth exceeded"],
    ["{{range 1000000000}}x{{end}}", "template: t:1: has too many steps"],
    ['{{range 9}}{{printf "%999999d" 1}}{{end}}', "template: t:1: produces more than 1048576 characters"],
    ["x".repeat(65_537), "template: t: has more than 65536 characters"],
    [`${" ".repeat(60_000)}x {{- .Name}}`, `${" ".repeat(60_000)}xweb`],
    ['{{urlquery (slice "\u{1F600}" 0 1)}}', "%EF%BF%BD"],
  ])("a template stays within limits (11 A7): %.40s", (source, text) => {
    expect(run(source, meta)).toBe(text);
  });
  it.each([
    ["printf", `{{printf "${"%9999999d".repeat(60)}"${" 1".repeat(60)}}}`],
    ...[`printf "${"%s".repeat(600)}"`, 'printf ""', "print", "println", "html"].map((call) => [
      call.split(" ")[0],
      `{{$x := printf "%999999d" 1}}{{${call}${" $x".repeat(600)}}}`,
    ]),
  ])("%s refuses to build a text longer than a string can be (11 A7)", (name, source) => {
    expect(run(source ?? "", meta)).toContain(`error calling ${name}: produces more than 1048576 characters`);
  });
});

describe("timestamps", () => {
  it("timestamps are RFC 3339 with whole seconds", () => {
    expect(timeText(1_755_770_400_999)).toBe("2025-08-21T10:00:00Z");
    expect(microTimeText(1_755_770_400_250)).toBe("2025-08-21T10:00:00.250000Z");
    expect(parseTime("2025-08-21T12:00:00+02:00")).toBe(1_755_770_400_000);
    expect(parseTime("yesterday")).toBeUndefined();
  });
});
