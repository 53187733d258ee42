// The codes of errors. Scripts depend on them, so a code never changes its meaning; docs/errors.md lists them.
import type { ApiError } from "../client/client.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";

const { failed, usage, environment, timeout, interrupted } = exitCodes;

interface CodeFacts {
  readonly exitCode: ExitCode;
  /** One line for people. */
  readonly means: string;
}

export const errorCodes = {
  USAGE: { exitCode: usage, means: "a command, flag, argument or variable is unknown, or its value is not allowed" },
  NO_MANIFEST: { exitCode: usage, means: "no file was given or found, or no document in the files can be applied" },
  INVALID_FILES: { exitCode: usage, means: "the files have errors; nothing was applied" },
  REFUSED: { exitCode: usage, means: "the API refused objects of the files" },
  NO_SESSION: { exitCode: usage, means: "no session runs, or several fit and none was named" },
  FILE_EXISTS: { exitCode: usage, means: "`knap init` would overwrite a file" },
  COMMAND_NOT_RUN: { exitCode: usage, means: "the command after `--` cannot be run" },
  REPORT_NOT_WRITTEN: { exitCode: usage, means: "a report cannot be written to the path that was named" },
  COMMAND_FAILED: { exitCode: failed, means: "the command after `--` ended with another exit code than 0" },
  NOT_FOUND: { exitCode: failed, means: "an object, or a pod of an object, does not exist" },
  CONFLICT: { exitCode: failed, means: "an object exists already, or changed meanwhile" },
  API_ERROR: { exitCode: failed, means: "the session's API refused a request; the message has Kubernetes' reason" },
  NOT_POSSIBLE: { exitCode: failed, means: "the command cannot do this with these objects or files" },
  BUILD_FAILED: { exitCode: failed, means: "an image cannot be built" },
  LIMIT_EXCEEDED: { exitCode: failed, means: "a measured value is above its limit, or nothing was measured for it" },
  DEBUGGER_FAILED: { exitCode: failed, means: "the instance does not start under the debugger" },
  ENGINE_FAILED: { exitCode: failed, means: "a call of the container engine failed" },
  NOT_READY: { exitCode: failed, means: "a Service is not Ready, for a cause without a code of its own" },
  IMAGE_UNAVAILABLE: { exitCode: failed, means: "an image is neither here nor in its registry" },
  IMAGE_ACCESS_DENIED: { exitCode: failed, means: "the registry of an image wants a login" },
  LOOPBACK_ONLY: { exitCode: failed, means: "the container listens on 127.0.0.1 only" },
  PORT_MISMATCH: { exitCode: failed, means: "the process listens on another port than PORT" },
  NOT_LISTENING: { exitCode: failed, means: "the container did not become ready before the progress deadline" },
  PROBE_FAILED: { exitCode: failed, means: "a probe of a container fails" },
  CONTAINER_EXITED: { exitCode: failed, means: "a container that should keep running ends" },
  UNSCHEDULABLE: { exitCode: failed, means: "a pod does not fit: --max-pods is reached" },
  CONFIG_MISSING: { exitCode: failed, means: "a ConfigMap or Secret that a container needs does not exist" },
  DOMAIN_NOT_CLAIMED: { exitCode: failed, means: "a DomainMapping may not use its domain" },
  STOP_TIMEOUT: { exitCode: failed, means: "a container did not end on SIGTERM and was killed" },
  NO_ENGINE: { exitCode: environment, means: "no container engine responds" },
  PORT_IN_USE: { exitCode: environment, means: "a port is taken by another program" },
  ADDRESS_REFUSED: { exitCode: environment, means: "knap may not listen on an address or port" },
  BAD_VARIABLE: { exitCode: environment, means: "an environment variable of knap's machinery has an unknown value" },
  DISK_FULL: { exitCode: environment, means: "a disk is full" },
  FILE_REFUSED: { exitCode: environment, means: "the system refuses access to a file or folder" },
  SESSION_UNREACHABLE: {
    exitCode: environment,
    means: "the session's API does not respond, or its token is not readable",
  },
  TIMEOUT: { exitCode: timeout, means: "something did not happen in time" },
  INTERRUPTED: { exitCode: interrupted, means: "the command was ended before it had finished, for example by Ctrl-C" },
  INTERNAL: { exitCode: failed, means: "an error of knap itself; please report it" },
} satisfies Readonly<Record<string, CodeFacts>>;

export type ErrorCode = keyof typeof errorCodes;

/** Returns the code for a Status of the API. */
export function codeOfStatus({ reason }: ApiError["status"]): ErrorCode {
  if (reason === "NotFound") return "NOT_FOUND";
  return reason === "Conflict" || reason === "AlreadyExists" ? "CONFLICT" : "API_ERROR";
}
