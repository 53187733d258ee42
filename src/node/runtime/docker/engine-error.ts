// Errors of the engine (HTTP status, system code, message) → RuntimeError with a hint.
import { RuntimeError } from "../runtime.ts";

type Code = RuntimeError["code"];

/** The used part of the client library's errors. */
interface EngineFailure {
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

/** Texts of the engine; the first match wins. They are more exact than the HTTP status, so they come first. */
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

/** The engine's own file in the message. It differs at each attempt, so repeated failures would look different. */
const FULL_FILE = / \/\S+(?=: no space left on device)/gi;
const MAKE_ROOM = "; the container engine's disk is full: make room, for instance with `docker system prune`";

/** The {@link RuntimeError} for a rejected engine call; `doing` describes the call. */
export function toRuntimeError(failure: unknown, doing: string): RuntimeError {
  if (failure instanceof RuntimeError) return failure;
  const { code, statusCode, message, json } = failure as EngineFailure;
  const hint = code === undefined ? undefined : UNREACHABLE[code];
  if (hint !== undefined) return new RuntimeError("unreachable", `${doing}: ${hint} (${code})`, { cause: failure });
  const text = detail(json) ?? (message ?? String(failure)).replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
  return fromEngineText(text, doing, { statusCode, cause: failure });
}

/** The error for a text of the engine that may have no status (a line of a progress stream), with advice. */
export function fromEngineText(
  text: string,
  doing: string,
  { statusCode, cause }: { readonly statusCode?: number | undefined; readonly cause?: unknown } = {},
): RuntimeError {
  const code = codeOf(text, statusCode);
  const message = code === "no-space" ? text.replace(FULL_FILE, "") + MAKE_ROOM : text;
  return new RuntimeError(code, `${doing}: ${message}`, { cause });
}

/** Advice when no engine could be opened. */
export function fixForNoEngine(error: unknown): string {
  const isForbidden = error instanceof RuntimeError && error.message.includes(NO_PERMISSION);
  const engine = isForbidden ? "add yourself to the group docker and log in anew" : "start Docker, or set DOCKER_HOST";
  return `${engine}; or let Services run as processes with --runtime process`;
}

/** Runs an engine call and turns its error into a {@link RuntimeError}. */
export async function engineCall<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (failure) {
    throw toRuntimeError(failure, doing);
  }
}

/** Whether the failure says that the object does not exist or is being removed. */
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
