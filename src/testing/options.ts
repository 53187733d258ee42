// Defines the options of the test library. The session's process checks them, so JavaScript users get clear errors too.

/** Milliseconds, or a text in Go's format: `90s`, `1m30s`, `500ms`. */
export type Duration = number | string;

/** How an image is built: a folder with a Dockerfile, or `build` of knap.yaml (docs/builds.md). */
export type ImageBuild = string | { readonly context?: string; readonly [key: string]: unknown };

/**
 * The options of a session for tests. They come before the environment (`KNAP_…`) and before the knap.yaml of the
 * folder, which is read as by `knap up`. Unknown options are refused.
 */
export interface HarnessOptions {
  /** The folder of the project, to which all paths are relative. Default: the current folder. */
  readonly cwd?: string;
  /** Manifests: files, folders or URLs. Default: those of knap.yaml, else `service.yaml`, `knative/`, `k8s/` … */
  readonly files?: readonly string[];
  /**
   * Images to replace, by their name in the manifests: another image, or a build. A name without tag and digest stands
   * for all of them. An image that no manifest names is an error.
   */
  readonly images?: Readonly<Record<string, string | { readonly build: ImageBuild }>>;
  /** Values of Secrets: name → key → value. They replace Secrets of the same name. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** ConfigMaps of knative-serving without the prefix `config-`: `{ autoscaler: { "stable-window": "10s" } }`. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;
  /** Settings of Services by name, as in knap.yaml: `build`, and `command` for the runtime `process`. */
  readonly services?: Readonly<
    Record<string, { readonly build?: ImageBuild; readonly command?: readonly string[]; readonly develop?: object }>
  >;
  /**
   * `virtual`: time of scaling stands still except in `clock.advance` and in waits, which jump over it. Containers,
   * probes and timeouts run on real time. Default: `real`.
   */
  readonly clock?: "real" | "virtual";
  /** Where Services run. Default `auto`: in Docker if it responds, else as processes. */
  readonly runtime?: "auto" | "docker" | "process";
  /** The namespace of objects that name none. Default: `default`. */
  readonly namespace?: string;
  /** How long `start`, `apply`, `reset` and `waitReady` wait until Services are Ready. Default: 5 minutes. */
  readonly timeout?: Duration;
  /** Maximum number of pods. Default: 8 per core, at most 110. */
  readonly maxPods?: number;
  /** Time between SIGTERM and SIGKILL. Default: 10 s. */
  readonly stopTimeout?: Duration;
  /** How pods stop; `knative` adds its quiet period of 30 s. Default: `knap`. */
  readonly drain?: "knap" | "knative";
  /** How pods wake from zero: new containers, or frozen ones that continue. Default: `cold`. */
  readonly wake?: "cold" | "freeze";
  /** Reach containers at their own address or at a published port. Default: what the engine allows. */
  readonly containerAddress?: "direct" | "published";
  /** How unknown fields of manifests are treated. Default: `strict`. */
  readonly validate?: "strict" | "warn" | "ignore";
  /** `latest`: send traffic that is pinned to Revisions to the latest ready one. Default: `manifest`. */
  readonly traffic?: "manifest" | "latest";
  /** The address on which the ingress listens. Default: 127.0.0.1. */
  readonly address?: string;
  /** Maximum number of open connections per listener. Default: 10000. */
  readonly maxConnections?: number;
  /** Maximum size of request line and headers; larger requests get 431. Default: 1 MiB. */
  readonly maxHeaderBytes?: number;
  /** Maximum time until the headers of a request end. Default: 60 s. */
  readonly headerTimeout?: Duration;
  /** How long the ingress keeps an idle connection. Default: no limit. */
  readonly keepAliveTimeout?: Duration;
  /** Variables for the session's process, in addition to those of the test's process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Write the session's progress, warnings and build output to stderr as it comes. Default: false. */
  readonly verbose?: boolean;
}
