// What session.json says about a session: enough for other commands to find and reach it.

export interface SessionRecord {
  readonly id: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
  /** `http://127.0.0.1:41001` */
  readonly api: string;
  /** `http://localhost:8080` */
  readonly ingress: string;
  /** The folder that the session was started in. */
  readonly workingFolder: string;
  readonly command: string;
  readonly runtime: string;
  readonly version: string;
}

const texts = ["id", "startedAt", "api", "ingress", "workingFolder", "command", "runtime", "version"] as const;

/** Reads session.json's text; undefined when it is not a session's record (half written, or of another version). */
export function parseSessionRecord(text: string): SessionRecord | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || typeof value["pid"] !== "number") return undefined;
  return texts.every((name) => typeof value[name] === "string") ? (value as unknown as SessionRecord) : undefined;
}
