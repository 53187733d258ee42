// Formats the JUnit XML of `ci`. Pure.

import type { PodLog, TestCase } from "./ci-record.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
/** XML 1.0 does not allow control characters. */
const escaped = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "").replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign);

/** Returns the JUnit report. `runError`: why the run ended early. `logs`: of a failed run. */
export function junitText(
  cases: readonly TestCase[],
  runError: string | undefined,
  logs: readonly PodLog[] = [],
): string {
  const failed = cases.filter(({ failure }) => failure !== undefined).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0);
  const counts = `tests="${cases.length}" failures="${failed}" errors="${runError === undefined || failed > 0 ? 0 : 1}"`;
  const bodies = cases.map(({ name, seconds: took, failure }) => {
    const head = `    <testcase classname="knap" name="${escaped(name)}" time="${took.toFixed(3)}"`;
    return failure === undefined
      ? `${head}/>`
      : `${head}>\n      <failure message="${escaped(failure)}"/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts} time="${seconds.toFixed(3)}">`,
    `  <testsuite name="knap" ${counts} time="${seconds.toFixed(3)}">`,
    ...bodies,
    ...(logs.length === 0 ? [] : [`    <system-out>${escaped(logs.map(logText).join("\n"))}</system-out>`]),
    ...(runError === undefined ? [] : [`    <system-err>${escaped(runError)}</system-err>`]),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function logText({ pod, lines }: PodLog): string {
  return [`last output of ${pod}:`, ...lines, ""].join("\n");
}
