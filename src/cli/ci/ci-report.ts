// Collects the results of a run of `knap ci`, and writes the reports that the user asked for.
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { errorText } from "../../base/errors.ts";
import { redacted } from "../../base/redact.ts";
import { CliError, type Complaint, complaintOf, complaintText, usageError } from "../cli-error.ts";
import { ANSWER_VERSION } from "../output/answers.ts";
import type { CiRecord, TestCase } from "./ci-record.ts";
import { htmlReport } from "./html-report.ts";
import { junitText } from "./junit.ts";
import { markdownReport } from "./markdown-report.ts";
import type { FilePlace } from "./service-place.ts";
import type { SessionFigures } from "./session-recorder.ts";

const NOT_FINISHED = new CliError({ code: "INTERRUPTED", what: "the run did not finish" });
const NEVER_RAN = "CMD did not run\n";
const NO_FIGURES: SessionFigures = {
  services: [],
  coldStarts: [],
  firstStarts: [],
  memory: [],
  images: [],
  warnings: [],
  logs: [],
};

/** Absolute paths; undefined: not written. */
export interface ReportPaths {
  readonly junit?: string | undefined;
  readonly report?: string | undefined;
  /** GitHub's file of the step's summary: Markdown is appended. */
  readonly summary?: string | undefined;
}

const renderers: Readonly<Record<string, (record: CiRecord) => string>> = {
  ".html": htmlReport,
  ".md": markdownReport,
  ".json": (record) => `${JSON.stringify(record, undefined, 2)}\n`,
};

export interface CiReport {
  /** Each step adds its own cases. */
  readonly cases: TestCase[];
  /** CMD has run, with any result; also true if there is no CMD. */
  ran: boolean;
  /** Where in the user's files the failed Service is. */
  place: FilePlace | undefined;
  figures: SessionFigures | undefined;
  /** A report needs the figures of the session. */
  readonly hasFigures: boolean;
  /**
   * Sets the paths, once the settings are known, and writes reports of an unfinished run. So an unwritable path fails
   * before anything starts, and a run that is killed leaves a report.
   */
  use(paths: ReportPaths): Promise<void>;
  /** `error`: why the run ended early. */
  write(error: unknown): Promise<void>;
}

export function openReport(initial: ReportPaths, { ran }: { readonly ran: boolean }): CiReport {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  let paths = initial;
  const report: CiReport = {
    cases: [],
    ran,
    place: undefined,
    figures: undefined,
    get hasFigures() {
      return paths.report !== undefined || paths.summary !== undefined;
    },
    async use(found) {
      paths = found;
      rendererOf(paths.report);
      await writeFiles(NOT_FINISHED);
    },
    async write(error) {
      await writeFiles(error);
      if (paths.summary !== undefined) await appendFile(paths.summary, redacted(markdownReport(recordOf(error))));
    },
  };
  const recordOf = (error: unknown): CiRecord => ({
    apiVersion: ANSWER_VERSION,
    kind: "CiReport",
    startedAt,
    durationMs: Math.round(performance.now() - started),
    cases: report.cases,
    ...(error !== undefined && errorFields(complaintOf(error))),
    ...(report.figures ?? NO_FIGURES),
  });
  const errorFields = (complaint: Complaint): Pick<CiRecord, "error" | "code"> => ({
    error: complaintText(complaint) + (report.ran ? "" : NEVER_RAN),
    code: complaint.code,
  });
  const writeFiles = async (error: unknown): Promise<void> => {
    const record = recordOf(error);
    if (paths.junit !== undefined) await writeReport("JUnit report", paths.junit, junitText(record));
    if (paths.report !== undefined) await writeReport("report", paths.report, rendererOf(paths.report)(record));
  };
  return report;
}

function rendererOf(path = ".html"): (record: CiRecord) => string {
  const render = renderers[extname(path) || path];
  if (render) return render;
  throw usageError(`--report: ${path} has no format`, `end the name with ${Object.keys(renderers).join(", ")}`);
}

async function writeReport(what: string, path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, redacted(text));
  } catch (failure) {
    const whole = `the ${what} ${path} cannot be written`;
    throw new CliError({ code: "REPORT_NOT_WRITTEN", what: whole, why: errorText(failure) });
  }
}
