// `npm run golden -- FILE…`: runs recorded cases and ends with the line `N passed, N failed` for all files.
// In a file that no suite can read, every case fails.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Suite, Verdict } from "./case.ts";

const SHOWN_FAILURES = Number(process.env["GOLDEN_SHOW"] ?? 20);

/** The fields of a file's first case select its suite. */
const suites: readonly {
  readonly name: string;
  readonly reads: (file: unknown) => boolean;
  readonly load: () => Promise<Suite>;
}[] = [
  {
    name: "validation",
    reads: (file) => Array.isArray(file) && firstHas(file, "group", "op", "errors"),
    load: async () => (await import("./validation.ts")).validationSuite,
  },
  {
    name: "autoscaling-validation",
    reads: (file) => firstHas(file, "configMap", "error"),
    load: async () => (await import("./autoscaling-validation.ts")).autoscalingValidationSuite,
  },
  {
    name: "windows",
    reads: (file) => firstHas(file, "ops", "stableWindowMs"),
    load: async () => (await import("./windows.ts")).windowsSuite,
  },
  {
    name: "autoscaler-decisions",
    reads: (file) => firstHas(file, "ticks", "initial"),
    load: async () => (await import("./autoscaler-decisions.ts")).autoscalerDecisionsSuite,
  },
  {
    name: "scale-to-zero",
    reads: (file) => firstHas(file, "in", "out"),
    load: async () => (await import("./scale-to-zero.ts")).scaleToZeroSuite,
  },
  {
    name: "api-examples",
    reads: (file) => typeof file === "object" && file !== null && "childName" in file,
    load: async () => (await import("./api-examples.ts")).apiExamplesSuite,
  },
  {
    name: "control-plane",
    reads: (file) => firstHas(file, "configMaps", "steps"),
    load: async () => (await import("./control-plane.ts")).controlPlaneSuite,
  },
  {
    name: "queue-proxy",
    reads: (file) => firstHas(file, "steps", "upstream"),
    load: async () => (await import("./queue-proxy.ts")).queueProxySuite,
  },
  {
    name: "api-server",
    reads: (file) => firstHas(file, "family", "level", "steps"),
    load: async () => (await import("./api-server.ts")).apiServerSuite,
  },
];

function cases(file: unknown): readonly unknown[] {
  if (Array.isArray(file)) return file;
  const listed = (file as { cases?: unknown }).cases;
  return Array.isArray(listed) ? listed : [file];
}

/** True when the first case has all these fields. */
function firstHas(file: unknown, ...fields: readonly string[]): boolean {
  const [first] = cases(file);
  return typeof first === "object" && first !== null && fields.every((field) => field in first);
}

async function runFile(path: string): Promise<readonly Verdict[]> {
  const file: unknown = JSON.parse(readFileSync(path, "utf8"));
  const suite = suites.find((candidate) => candidate.reads(file));
  if (suite) return (await suite.load())(file);
  return cases(file).map((_, index) => ({
    name: `${basename(path)}#${index}`,
    passed: false,
    why: "no suite reads this schema yet",
  }));
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: npm run golden -- FILE…");
  process.exit(2);
}
let passed = 0;
let failed = 0;
for (const path of files) {
  const verdicts = await runFile(path);
  const counted = verdicts.filter((verdict) => verdict.apart === undefined);
  const failures = counted.filter((verdict) => !verdict.passed);
  for (const verdict of failures.slice(0, SHOWN_FAILURES)) console.log(`✗ ${verdict.name}\n  ${verdict.why ?? ""}`);
  if (failures.length > SHOWN_FAILURES) console.log(`  … and ${failures.length - SHOWN_FAILURES} more`);
  for (const heading of new Set(verdicts.flatMap((verdict) => verdict.apart ?? []))) {
    const apart = verdicts.filter((verdict) => verdict.apart === heading);
    console.log(`  ${heading}: ${apart.filter((verdict) => verdict.passed).length} of ${apart.length} agree`);
  }
  console.log(`${basename(path)}: ${counted.length - failures.length} of ${counted.length}`);
  passed += counted.length - failures.length;
  failed += failures.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
