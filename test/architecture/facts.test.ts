// Checks that each fact of Knative's data plane names an existing test, or the reason why there is none.
import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import type { FactFamily } from "./facts/fact-family.ts";
import { ingressFacts } from "./facts/ingress.ts";
import { probeAndActivatorFacts } from "./facts/probes-and-activator.ts";
import { queueProxyFacts } from "./facts/queue-proxy.ts";
import { traps } from "./facts/traps.ts";

const FAMILIES: readonly FactFamily[] = [...queueProxyFacts, ...probeAndActivatorFacts, ...ingressFacts, traps];
/** Number of facts for each letter. */
const COUNTS = { Q: 54, P: 23, A: 24, S: 15, I: 30, T: 40 };
/** Matches tests that use sockets, including the recorded conversations. */
const OVER_SOCKETS = /^(sockets|contract|integration)\/|^queue-proxy\.json/;

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** Returns the titles of tests and groups in a test file, the names of checks, or the ids of recorded cases. */
function namesIn(file: string): readonly string[] {
  if (file.endsWith(".json")) return casesOf(file);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const [first] = ts.isCallExpression(node) ? node.arguments : [];
    if (ts.isCallExpression(node) && first && ts.isStringLiteralLike(first) && isTest(node)) names.push(first.text);
    // Contract suites are objects that map a name to a check.
    if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name) && ts.isArrowFunction(node.initializer)) {
      names.push(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest));
  return names;
}

function isTest(call: ts.CallExpression): boolean {
  let callee: ts.Expression = call.expression;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && ["it", "test", "describe"].includes(callee.text);
}

interface RecordedCase {
  readonly id?: string;
  readonly name?: string;
  readonly level?: string;
}

function casesOf(file: string): readonly string[] {
  const recorded = JSON.parse(read(`golden/data/${file}`)) as
    | readonly RecordedCase[]
    | { cases: readonly RecordedCase[] };
  const cases = "cases" in recorded ? recorded.cases : recorded;
  return cases.filter(({ level }) => level === undefined || level === "must").map(({ id, name }) => id ?? name ?? "");
}

const byTitle = FAMILIES.map(({ title, facts }) => [title, facts] as const);
const known = new Map<string, readonly string[]>();

function exists(reference: string): boolean {
  const [file = "", fragment = ""] = reference.split(" › ");
  const names = known.get(file) ?? namesIn(file);
  known.set(file, names);
  const matches = file.endsWith(".json") ? matchesCase : (name: string): boolean => name.includes(fragment);
  return names.some(matches);

  function matchesCase(id: string): boolean {
    return /[/-]$/.test(fragment) || fragment === "" ? id.startsWith(fragment) : id === fragment;
  }
}

describe("the table of facts of the data plane", () => {
  test("the table lists each fact exactly once", () => {
    const listed = FAMILIES.flatMap(({ facts }) => Object.keys(facts));
    const all = Object.entries(COUNTS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    expect(listed.sort()).toEqual(all.sort());
  });

  test.each(byTitle)("every test that the table names for '%s' exists", (_title, facts) => {
    const missing = Object.entries(facts).flatMap(([fact, coverage]) => {
      if ("absent" in coverage) return coverage.absent === "" ? [`${fact}: no reason`] : [];
      return coverage.length === 0
        ? [`${fact}: nothing`]
        : coverage.filter((reference) => !exists(reference)).map((reference) => `${fact}: ${reference}`);
    });
    expect(missing).toEqual([]);
  });

  test.each(byTitle)("a test over real sockets covers a fact of '%s'", (_title, facts) => {
    const references = Object.values(facts).flatMap((coverage) => ("absent" in coverage ? [] : coverage));
    expect(references.filter((reference) => OVER_SOCKETS.test(reference))).not.toEqual([]);
  });

  test("a reference to a missing test is found", () => {
    expect(exists("sockets/data-plane/http-server/listener.test.ts › no such test")).toBe(false);
    expect(exists("queue-proxy.json › response/reason")).toBe(false);
  });
});
