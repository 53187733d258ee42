// Converts errors of the engine (HTTP status, system code, message) to RuntimeErrors with advice.
import { RuntimeError } from "../runtime.ts";

type Code = RuntimeError["code"];

/** The fields of the client library's errors that knap reads. */
export interface EngineFailure {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message?: string;
  readonly json?: unknown;
}

const NO_PERMISSION = "no permission to use the engine's socket";
const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOENT: "no engine listens there",
  ECONNREFUSED: "the engine does not answer",
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  ECONNRESET: "the engine closed the connection",
  EPIPE: "the engine closed the connection",
  ETIMEDOUT: "the engine does not answer in time",
  ENOTFOUND: "the host in DOCKER_HOST is not known",
  EHOSTUNREACH: "the host in DOCKER_HOST cannot be reached",
};

/**
 * The engine's error texts. The first match wins. A text is more exact than the HTTP status, so a matching text takes
 * precedence.
 */
const BY_TEXT: readonly (readonly [RegExp, Code])[] = [
  [/no space left on device/i, "no-space"],
  [/port is already allocated|address already in use/i, "address-in-use"],
  [
    /no matching manifest for|does not match the specified platform|exec format error|image operating system/i,
    "platform",
  ],
  [
    /unauthorized|authentication required|access denied|requested access to the resource is denied|no basic auth/i,
    "denied",
  ],
  [/invalid reference format|repository name must be lowercase/i, "bad-image"],
  [
    /no such image|manifest (for .* )?(unknown|not found)|name unknown|image .*not found|not found: manifest/i,
    "no-image",
  ],
  [/no such (container|network|volume|exec)|network .* not found/i, "not-found"],
  [
    /executable file not found|OCI runtime create failed|oci runtime error|runc create failed|invalid mount/i,
    "invalid",
  ],
];

/** A file name in the engine's message that differs each time. Without it, repeated failures have the same message. */
const FULL_FILE = / \/\S+(?=: no space left on device)/gi;
const DISK_ADVICE = "; the container engine's disk is full: make room, for instance with `docker system prune`";

/** Converts the error of an engine call. `doing` describes the call, and begins the message. */
export function toRuntimeError(failure: unknown, doing: string): RuntimeError {
  if (failure instanceof RuntimeError) return failure;
  const { code, statusCode, message, json } = failure as EngineFailure;
  const hint = code === undefined ? undefined : UNREACHABLE[code];
  if (hint !== undefined) return new RuntimeError("unreachable", `${doing}: ${hint} (${code})`, { cause: failure });
  const text = detail(json) ?? (message ?? String(failure)).replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
  return fromEngineText(text, doing, { statusCode, cause: failure });
}

/** Converts an error text of the engine. Lines of a progress stream have no HTTP status. */
export function fromEngineText(
  text: string,
  doing: string,
  { statusCode, cause }: { readonly statusCode?: number | undefined; readonly cause?: unknown } = {},
): RuntimeError {
  const code = codeOf(text, statusCode);
  const message = code === "no-space" ? text.replace(FULL_FILE, "") + DISK_ADVICE : text;
  return new RuntimeError(code, `${doing}: ${message}`, { cause });
}

/** Returns what the user can do when knap cannot connect to an engine. */
export function fixForNoEngine(error: unknown): string {
  const isForbidden = error instanceof RuntimeError && error.message.includes(NO_PERMISSION);
  const engine = isForbidden ? "add yourself to the group docker and log in anew" : "start Docker, or set DOCKER_HOST";
  return `${engine}; or let Services run as processes with --runtime process`;
}

/** Runs an engine call and converts its error to a {@link RuntimeError}. */
export async function engineCall<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (failure) {
    throw toRuntimeError(failure, doing);
  }
}

/** Resolves with undefined if the object does not exist or is being removed. Rejects with any other failure. */
export function ifFound<T>(call: Promise<T>): Promise<T | undefined> {
  return tolerate(call, isNotFound);
}

/** Resolves with undefined if the call rejects with a failure that `isHarmless` accepts. */
export async function tolerate<T>(
  call: Promise<T>,
  isHarmless: (failure: EngineFailure) => boolean,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (failure) {
    if (isHarmless(failure as EngineFailure)) return undefined;
    throw failure;
  }
}

/** Returns true if the failure says that the object does not exist or is being removed. */
export function isNotFound(failure: unknown): boolean {
  const { statusCode, message } = failure as EngineFailure;
  return (
    statusCode === 404 || (statusCode === 409 && /removal of container .* is already in progress/i.test(message ?? ""))
  );
}

function codeOf(text: string, statusCode: number | undefined): Code {
  for (const [pattern, code] of BY_TEXT) if (pattern.test(text)) return code;
  if (statusCode === 404) return "not-found";
  if (statusCode === 409) return "conflict";
  if (statusCode === 401 || statusCode === 403) return "denied";
  if (statusCode === 400) return "invalid";
  return "failed";
}

function detail(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || Buffer.isBuffer(json)) return undefined;
  const { message } = json as { message?: unknown };
  return typeof message === "string" ? message.trim() : undefined;
}
