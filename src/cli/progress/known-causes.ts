// The codes of known failure reasons of Services and pods, and what users can do about them.
import type { ErrorCode } from "../error-codes.ts";

interface KnownCause {
  readonly code: ErrorCode;
  /** Absent: the message says enough. */
  readonly fix?: string | undefined;
}

const IMAGE: KnownCause = {
  code: "IMAGE_UNAVAILABLE",
  fix: "check the image's name and your registry login, or build it here with `build:` in knap.yaml",
};

const causes: Readonly<Record<string, KnownCause>> = {
  ContainerMissing: {
    code: "IMAGE_UNAVAILABLE",
    fix: "build or pull the image, or give the Service a `build:` or `command:` in knap.yaml",
  },
  ImagePullBackOff: IMAGE,
  ErrImagePull: IMAGE,
  InvalidImageName: { code: "IMAGE_UNAVAILABLE" },
  ErrImageNeverPull: { code: "IMAGE_UNAVAILABLE" },
  LoopbackOnly: { code: "LOOPBACK_ONLY", fix: "bind 0.0.0.0 instead of 127.0.0.1, or use --runtime process" },
  PortMismatch: { code: "PORT_MISMATCH", fix: "listen on the port in the variable PORT, or use Docker" },
  ProgressDeadlineExceeded: {
    code: "NOT_LISTENING",
    fix: "read the container's output with `knap logs`; the container must listen on PORT and pass its readiness probe",
  },
  CrashLoopBackOff: { code: "CONTAINER_EXITED", fix: "see why it exits with `knap logs`" },
  Unschedulable: { code: "UNSCHEDULABLE", fix: "raise --max-pods, or lower the Service's max-scale" },
  CreateContainerConfigError: {
    code: "CONFIG_MISSING",
    fix: "add the ConfigMap or Secret that the Service refers to to the files",
  },
  DomainAlreadyClaimed: {
    code: "DOMAIN_NOT_CLAIMED",
    fix: 'set `autocreate-cluster-domain-claims: "true"` in the ConfigMap config-network of namespace knative-serving (in knap.yaml: `config: { network: … }`), or apply a ClusterDomainClaim',
  },
  StopTimeout: { code: "STOP_TIMEOUT", fix: "handle SIGTERM in the container's process 1" },
};

const DISK_FULL: KnownCause = { code: "DISK_FULL" };
const LOGIN: KnownCause = {
  code: "IMAGE_ACCESS_DENIED",
  fix: "log in to its registry with `docker login`, or name a pull secret; if it is public, check its name",
};
const PROBE: KnownCause = {
  code: "PROBE_FAILED",
  fix: "check the probe's path and port, or give the container more time (periodSeconds, failureThreshold)",
};
const ENDED: KnownCause = {
  code: "CONTAINER_EXITED",
  fix: "the container's command must keep running and listen on PORT",
};
const UNKNOWN: KnownCause = { code: "NOT_READY" };

const ACCESS_DENIED =
  /no basic auth credentials|unauthorized|authentication required|access (to the resource )?(is )?denied/i;
const IMAGE_REASONS: ReadonlySet<string> = new Set(["ContainerMissing", "ImagePullBackOff", "ErrImagePull"]);

/** Fixes without `knap logs`, for sessions that end with their first failure. */
const fixesOfEndingSession: ReadonlyMap<ErrorCode, string | undefined> = new Map([
  ["NOT_LISTENING", "the container must listen on PORT and pass its readiness probe"],
  ["CONTAINER_EXITED", undefined],
]);

/**
 * Returns the code for the failure of a Service or pod, and what the user can do about it, unless the message says
 * enough. `isEnding`: the session ends with this failure, as in `ci`.
 */
export function knownCause(reason: string, message: string, isEnding = false): KnownCause {
  const cause = lookUp(reason, message);
  if (!isEnding || cause === ENDED || !fixesOfEndingSession.has(cause.code)) return cause;
  return { code: cause.code, fix: fixesOfEndingSession.get(cause.code) };
}

function lookUp(reason: string, message: string): KnownCause {
  // The full disk is the cause, not the image.
  if (/no space left on device/i.test(message)) return DISK_FULL;
  if (IMAGE_REASONS.has(reason) && ACCESS_DENIED.test(message)) return LOGIN;
  if (/probe of container ".*" failed/.test(message)) return PROBE;
  if (reason === "ExitCode0") return ENDED;
  return causes[/^ExitCode\d+$/.test(reason) ? "CrashLoopBackOff" : reason] ?? UNKNOWN;
}
