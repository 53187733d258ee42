// Formats knap's own answers as JSON with a version and a kind. Kubernetes' objects keep theirs.

/** A field keeps its name and meaning within a version; new fields may come. */
export const ANSWER_VERSION = "knap.dev/v1";

export type AnswerKind = "Error" | "ProgressEvent";

/** Returns one line, for streams. */
export function answerLine(kind: AnswerKind, fields: object): string {
  return JSON.stringify({ apiVersion: ANSWER_VERSION, kind, ...fields });
}
