// Formats knap's own answers as JSON with a version and a kind. Kubernetes' objects keep theirs.

/** A field keeps its name and meaning within a version; new fields may come. */
export const ANSWER_VERSION = "knap.dev/v1";

/** The kinds of docs/output.md. A list has its elements in `items`. */
export type AnswerKind =
  | "AgentsFile"
  | "CiReport"
  | "ClockState"
  | "DebugEnd"
  | "DebugState"
  | "DebugStateList"
  | "DoctorReport"
  | "DownReport"
  | "Error"
  | "ExplanationList"
  | "FaultList"
  | "InitReport"
  | "Kubeconfig"
  | "LoadReport"
  | "LogLine"
  | "PodKill"
  | "ProgressEvent"
  | "ScaleRequest"
  | "SessionList"
  | "SimulationReport"
  | "TemplateList"
  | "ValidationReport"
  | "Version";

export function answerText(kind: AnswerKind, fields: object): string {
  return JSON.stringify({ apiVersion: ANSWER_VERSION, kind, ...fields }, undefined, 2);
}

/** Returns one line, for streams. */
export function answerLine(kind: AnswerKind, fields: object): string {
  return JSON.stringify({ apiVersion: ANSWER_VERSION, kind, ...fields });
}
