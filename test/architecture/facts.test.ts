// Checks that each fact of Knative's data plane, and each trap, names an existing test or the reason why there is none.
import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import type { FactFamily } from "./facts/fact-family.ts";
import { ingressFacts } from "./facts/ingress.ts";
import { probeAndActivatorFacts } from "./facts/probes-and-activator.ts";
import { queueProxyFacts } from "./facts/queue-proxy.ts";
import { traps } from "./facts/traps.ts";

const FAMILIES: readonly FactFamily[] = [...queueProxyFacts, ...probeAndActivatorFacts, ...ingressFacts, traps];
/** Number of facts per letter. */
const COUNTS = { Q: 54, P: 23, A: 24, S: 15, I: 30, T: 40 };
/** Tests that use sockets, including the recorded conversations. */
const OVER_SOCKETS = /^(sockets|contract|integration)\/|^queue-proxy\.json/;

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** Returns the names in a file: titles of tests and groups, checks of a suite, or recorded cases. */
function namesIn(file: string): readonly string[] {
  if (file.endsWith(".json")) return casesOf(file);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const [first] = ts.isCallExpression(node) ? node.arguments : [];
    if (ts.isCallExpression(node) && first && ts.isStringLiteralLike(first) && isTest(node)) names.push(first.text);
    // Contract suites are objects: name → check.
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

function isThere(reference: string): boolean {
  const [file = "", fragment = ""] = reference.split(" › ");
  const names = known.get(file) ?? namesIn(file);
  known.set(file, names);
  const matches = file.endsWith(".json") ? matchesCase : (name: string): boolean => name.includes(fragment);
  return names.some(matches);

  function matchesCase(id: string): boolean {
    return /[/-]$/.test(fragment) || fragment === "" ? id.startsWith(fragment) : id === fragment;
  }
}

describe("the facts of the data plane", () => {
  test("all have a place in the table, each one", () => {
    const listed = FAMILIES.flatMap(({ facts }) => Object.keys(facts));
    const all = Object.entries(COUNTS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    expect(listed.sort()).toEqual(all.sort());
  });

  test.each(byTitle)("%s: every test that the table names exists", (_title, facts) => {
    const missing = Object.entries(facts).flatMap(([fact, shown]) => {
      if ("absent" in shown) return shown.absent === "" ? [`${fact}: no reason`] : [];
      return shown.length === 0
        ? [`${fact}: nothing`]
        : shown.filter((one) => !isThere(one)).map((one) => `${fact}: ${one}`);
    });
    expect(missing).toEqual([]);
  });

  test.each(byTitle)("%s: something of it is shown over real sockets", (_title, facts) => {
    const references = Object.values(facts).flatMap((shown) => ("absent" in shown ? [] : shown));
    expect(references.filter((reference) => OVER_SOCKETS.test(reference))).not.toEqual([]);
  });

  test("a test that is not there is noticed", () => {
    expect(isThere("sockets/data-plane/http-server/listener.test.ts › no such test")).toBe(false);
    expect(isThere("queue-proxy.json › response/reason")).toBe(false);
  });
});
