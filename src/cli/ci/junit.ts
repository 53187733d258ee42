// Formats the JUnit XML of `ci`. Pure.

import type { CiRecord, PodLog } from "./ci-record.ts";

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

/** Returns the JUnit report. The type of a failure is its code. */
export function junitText({
  cases,
  error,
  code,
  logs = [],
}: Pick<CiRecord, "cases" | "error" | "code"> & Partial<Pick<CiRecord, "logs">>): string {
  const failed = cases.filter(({ failure }) => failure !== undefined).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0);
  const counts = `tests="${cases.length}" failures="${failed}" errors="${error === undefined || failed > 0 ? 0 : 1}"`;
  const bodies = cases.map(({ name, seconds: took, failure, code: failureCode }) => {
    const type = failureCode === undefined ? "" : ` type="${failureCode}"`;
    const head = `    <testcase classname="knap" name="${escaped(name)}" time="${took.toFixed(3)}"`;
    return failure === undefined
      ? `${head}/>`
      : `${head}>\n      <failure message="${escaped(failure)}"${type}/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts} time="${seconds.toFixed(3)}">`,
    `  <testsuite name="knap" ${counts} time="${seconds.toFixed(3)}">`,
    ...bodies,
    ...(logs.length === 0 ? [] : [`    <system-out>${escaped(logs.map(logText).join("\n"))}</system-out>`]),
    ...(error === undefined ? [] : [`    <system-err>${escaped(`${error}code ${code}\n`)}</system-err>`]),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function logText({ pod, lines }: PodLog): string {
  return [`last output of ${pod}:`, ...lines, ""].join("\n");
}
