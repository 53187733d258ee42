// Defines the progress events of a session, and what users can do about known failure reasons.
import type { ColdStartParts } from "../../client/live.ts";

/** One line of progress. `--ui json` prints these fields, so their names never change. */
export type ProgressEvent =
  | { readonly type: "session"; readonly url: string; readonly runtime: string; readonly services: number }
  | { readonly type: "notice"; readonly text: string }
  | {
      readonly type: "ready";
      readonly namespace: string;
      readonly service: string;
      readonly url: string;
      /** The Service's own loopback address, usable without DNS. */
      readonly address?: string | undefined;
      /** A command that reaches the URL from this machine, if the URL alone does not. */
      readonly reach?: string | undefined;
      readonly revision: string;
    }
  | {
      readonly type: "mapped";
      readonly namespace: string;
      readonly domain: string;
      readonly url: string;
      readonly reach?: string | undefined;
    }
  | {
      readonly type: "failed";
      readonly namespace: string;
      readonly service: string;
      readonly reason: string;
      readonly message: string;
      readonly fix?: string | undefined;
    }
  | { readonly type: "deleted"; readonly namespace: string; readonly service: string }
  | {
      readonly type: "scaled";
      readonly namespace: string;
      readonly revision: string;
      readonly from: number;
      readonly to: number;
      readonly why?: string | undefined;
    }
  | {
      readonly type: "woke";
      readonly revision: string;
      readonly pod: string;
      readonly totalMs: number;
      readonly parts: ColdStartParts;
    }
  | {
      readonly type: "event";
      readonly about: string;
      readonly reason: string;
      readonly message: string;
      readonly fix?: string | undefined;
    }
  | {
      readonly type: "file";
      readonly place: string;
      readonly message: string;
      readonly severity: "error" | "warning";
      /** The quoted line, then a line with a caret below the column. */
      readonly excerpt?: readonly string[] | undefined;
      readonly fix?: string | undefined;
    }
  | {
      readonly type: "build";
      readonly service: string;
      readonly phase: "changed" | "started" | "done" | "failed";
      /** With `changed`: the image is the same, so that no new revision follows. */
      readonly same?: boolean;
      /** With `failed`: no build of this Service has succeeded yet. */
      readonly first?: boolean;
      readonly message?: string;
      /** With `done`. */
      readonly totalMs?: number;
      /** With `done`: the steps of the Dockerfile, and how many of them the builder had in its cache. */
      readonly steps?: number;
      readonly cached?: number;
    }
  | {
      readonly type: "synced";
      /** `namespace/name` */
      readonly service: string;
      /** The changed files. */
      readonly files: readonly string[];
      /** How many of them were copied into the instances; 0: the instances only restart. */
      readonly copied: number;
      readonly instances: number;
      readonly dirty: number;
      /** ms since the save. */
      readonly times: {
        readonly noticedMs: number;
        readonly archivedMs: number;
        readonly restartedMs?: number | undefined;
        readonly servedMs?: number | undefined;
      };
    }
  | {
      readonly type: "applied";
      readonly object: string;
      readonly verdict: string;
      readonly warnings: readonly string[];
    };

const fixes: Readonly<Record<string, string>> = {
  ContainerMissing: "build or pull the image, or give the Service a `build:` or `command:` in knap.yaml",
  ImagePullBackOff: "check the image's name and your registry login, or build it here with `build:` in knap.yaml",
  ErrImagePull: "check the image's name and your registry login, or build it here with `build:` in knap.yaml",
  LoopbackOnly: "bind 0.0.0.0 instead of 127.0.0.1, or use --runtime process",
  PortMismatch: "listen on the port in the variable PORT, or use Docker",
  ProgressDeadlineExceeded:
    "read the container's output with `knap logs`; the container must listen on PORT and pass its readiness probe",
  CrashLoopBackOff: "see why it exits with `knap logs`",
  Unschedulable: "raise --max-pods, or lower the Service's max-scale",
  CreateContainerConfigError: "add the ConfigMap or Secret that the Service refers to to the files",
  DomainAlreadyClaimed:
    'set `autocreate-cluster-domain-claims: "true"` in the ConfigMap config-network of namespace knative-serving (in knap.yaml: `config: { network: … }`), or apply a ClusterDomainClaim',
  StopTimeout: "handle SIGTERM in the container's process 1",
};

const LOGIN = "log in to its registry with `docker login`, or name a pull secret; if it is public, check its name";
const ACCESS_DENIED =
  /no basic auth credentials|unauthorized|authentication required|access (to the resource )?(is )?denied/i;
const IMAGE_REASONS: ReadonlySet<string> = new Set(["ContainerMissing", "ImagePullBackOff", "ErrImagePull"]);

/** Fixes without `knap logs`, for sessions that end with their first failure. */
const fixesOfEndingSession: Readonly<Record<string, string | undefined>> = {
  ProgressDeadlineExceeded: "the container must listen on PORT and pass its readiness probe",
  CrashLoopBackOff: undefined,
};

const PROBE = "check the probe's path and port, or give the container more time (periodSeconds, failureThreshold)";
const KEEP_RUNNING = "the container's command must keep running and listen on PORT";

/**
 * Returns what the user can do about the failure of a Service or pod; undefined if the message says enough. `isEnding`:
 * the session ends with this failure, as in `ci`.
 */
export function fixOf(reason: string, message: string, isEnding = false): string | undefined {
  // The full disk is the cause, not the image.
  if (/no space left on device/i.test(message)) return undefined;
  if (IMAGE_REASONS.has(reason) && ACCESS_DENIED.test(message)) return LOGIN;
  if (/probe of container ".*" failed/.test(message)) return PROBE;
  if (reason === "ExitCode0") return KEEP_RUNNING;
  if (isEnding && (reason in fixesOfEndingSession || /^ExitCode\d+$/.test(reason))) return fixesOfEndingSession[reason];
  return /^ExitCode\d+$/.test(reason) ? "see why it exits with `knap logs`" : fixes[reason];
}
