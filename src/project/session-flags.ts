// Defines the session flags. Command-line options, KNAP_… variables, knap.yaml keys and help texts derive from this
// table.

export type FlagKind =
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "choice"; readonly choices: readonly string[] }
  /** A whole number within bounds, inclusive. */
  | { readonly type: "count"; readonly value: string; readonly least: number; readonly most?: number }
  /** Go's format, not negative; the value is in milliseconds. */
  | { readonly type: "duration"; readonly value: string }
  /** Kubernetes' format; the value is in bytes. */
  | { readonly type: "bytes"; readonly value: string }
  | { readonly type: "switch" };

export interface SessionFlag {
  readonly env?: string;
  readonly kind: FlagKind;
  /** Used if neither the command line nor the environment nor knap.yaml has a value. */
  readonly default?: string | number | boolean;
  /** The help text, which also describes a default that is not a fixed value. */
  readonly describe: string;
  /** Key in the settings of the session; `limits.x` is key `x` of their `limits`. */
  readonly to: string;
  /** Absent: both. */
  readonly command?: "up" | "ci";
}

const text = <V extends string>(value: V) => ({ type: "text", value }) as const;
const choice = <const C extends readonly string[]>(...choices: C) => ({ type: "choice", choices }) as const;
const count = (value: string, least: number, most?: number) =>
  ({ type: "count", value, least, ...(most !== undefined && { most }) }) as const;
const duration = { type: "duration", value: "duration" } as const;
const bytes = { type: "bytes", value: "quantity" } as const;
const toggle = { type: "switch" } as const;

/** Long flag name (also the knap.yaml key) → row. A new flag is one row here, and its use. */
export const sessionFlags = {
  namespace: {
    env: "KNAP_NAMESPACE",
    kind: text("name"),
    describe: "namespace of objects that name none (default: default)",
    to: "namespace",
  },
  runtime: {
    env: "KNAP_RUNTIME",
    kind: choice("auto", "docker", "process"),
    default: "auto",
    describe: "where Services run",
    to: "runtime",
  },
  address: {
    env: "KNAP_ADDRESS",
    kind: text("ip"),
    default: "127.0.0.1",
    describe: "address that the ingress listens on; for 127.0.0.1 also ::1",
    to: "address",
  },
  port: {
    env: "KNAP_PORT",
    kind: count("port", 1, 65535),
    describe: "port of the ingress (default: 8080, or a free port if 8080 is in use)",
    to: "port",
  },
  "https-port": {
    env: "KNAP_HTTPS_PORT",
    kind: count("port", 0, 65535),
    describe: "https port of the ingress; 0: no https (default: 8443, opened when the first Service needs it)",
    to: "httpsPort",
  },
  "api-scheme": {
    env: "KNAP_API_SCHEME",
    kind: choice("https", "http"),
    default: "https",
    describe: "scheme of the API; http puts the token into the server URL of the kubeconfig",
    to: "apiScheme",
  },
  "max-pods": {
    env: "KNAP_MAX_PODS",
    kind: count("count", 1),
    describe: "maximum number of pods (default: 8 per core, at most 110); `ci` fails if given and more are wanted",
    to: "maxPods",
  },
  "stop-timeout": {
    env: "KNAP_STOP_TIMEOUT",
    kind: duration,
    default: "10s",
    describe: "time between SIGTERM and SIGKILL",
    to: "stopTimeoutMs",
  },
  drain: {
    env: "KNAP_DRAIN",
    kind: choice("knap", "knative"),
    default: "knap",
    describe: "how pods stop; knative adds its quiet period of 30 s",
    to: "drain",
  },
  clock: {
    env: "KNAP_CLOCK",
    kind: choice("real", "virtual"),
    default: "real",
    describe: "time of the control plane; virtual time stands still until `knap clock` advances it",
    to: "clock",
  },
  "container-address": {
    env: "KNAP_CONTAINER_ADDRESS",
    kind: choice("direct", "published"),
    describe: "reach containers at their own address or at a published port (default: what the engine allows)",
    to: "containerAddress",
  },
  wake: {
    env: "KNAP_WAKE",
    kind: choice("cold", "freeze"),
    default: "cold",
    describe: "how pods wake from zero: start new containers, or thaw frozen ones",
    to: "wake",
  },
  validate: {
    env: "KNAP_VALIDATE",
    kind: choice("strict", "warn", "ignore"),
    default: "strict",
    describe: "how unknown fields are treated",
    to: "validate",
  },
  traffic: {
    env: "KNAP_TRAFFIC",
    kind: choice("manifest", "latest"),
    default: "manifest",
    describe: "latest: send traffic that is pinned to Revisions to the latest ready one",
    to: "traffic",
  },
  ui: {
    env: "KNAP_UI",
    kind: choice("auto", "tui", "plain", "json"),
    default: "auto",
    describe: "how progress is shown; auto: the terminal UI if a terminal is attached",
    to: "ui",
  },
  "max-connections": {
    env: "KNAP_MAX_CONNECTIONS",
    kind: count("count", 1),
    describe: "maximum number of open connections per listener (default: 10000)",
    to: "limits.connections",
  },
  "max-header-bytes": {
    env: "KNAP_MAX_HEADER_BYTES",
    // A smaller limit would refuse requests of ordinary browsers.
    kind: count("count", 1024),
    describe: "maximum size of request line and headers; larger requests get 431 (default: 1 MiB)",
    to: "limits.headerBytes",
  },
  "header-timeout": {
    env: "KNAP_HEADER_TIMEOUT",
    kind: duration,
    describe: "maximum time until the headers end; 0s: no limit (default: 60s)",
    to: "limits.headersTimeoutMs",
  },
  "keep-alive-timeout": {
    env: "KNAP_KEEP_ALIVE_TIMEOUT",
    kind: duration,
    describe: "how long an idle connection is kept; 0s: no limit (default: no limit)",
    to: "limits.keepAliveTimeoutMs",
  },
  watch: {
    kind: toggle,
    default: true,
    describe: "do not watch files for changes",
    to: "watch",
    command: "up",
  },
  "keep-old": {
    env: "KNAP_KEEP_OLD",
    kind: toggle,
    default: false,
    describe: "keep old revisions after a rebuild",
    to: "keepOld",
    command: "up",
  },
  timeout: {
    env: "KNAP_TIMEOUT",
    kind: duration,
    default: "5m",
    describe: "maximum time until all Services are Ready",
    to: "timeoutMs",
    command: "ci",
  },
  "max-cold-start": {
    env: "KNAP_MAX_COLD_START",
    kind: duration,
    describe: "fail if a cold start takes longer",
    to: "maxColdStartMs",
    command: "ci",
  },
  "max-p99": {
    env: "KNAP_MAX_P99",
    kind: duration,
    describe: "fail if the 99th percentile of a Service's latency is above it",
    to: "maxP99Ms",
    command: "ci",
  },
  "max-memory": {
    env: "KNAP_MAX_MEMORY",
    kind: bytes,
    describe: "fail if a pod uses more memory",
    to: "maxMemoryBytes",
    command: "ci",
  },
  "max-image-size": {
    env: "KNAP_MAX_IMAGE_SIZE",
    kind: bytes,
    describe: "fail if an image is larger",
    to: "maxImageBytes",
    command: "ci",
  },
  report: {
    env: "KNAP_REPORT",
    kind: text("file"),
    describe: "write a report of the run: a page (.html), Markdown (.md) or data (.json)",
    to: "report",
    command: "ci",
  },
  junit: { env: "KNAP_JUNIT", kind: text("file"), describe: "write a JUnit report", to: "junit", command: "ci" },
} as const satisfies Readonly<Record<string, SessionFlag>>;

export type SessionFlagName = keyof typeof sessionFlags;

/** The parsed value of a flag. */
export type FlagValue<K extends FlagKind> = K extends { type: "choice"; choices: readonly (infer C)[] }
  ? C
  : K extends { type: "count" | "duration" | "bytes" }
    ? number
    : K extends { type: "switch" }
      ? boolean
      : string;

/** Describes the allowed values, for error messages. */
export function allowedText(kind: FlagKind): string {
  switch (kind.type) {
    case "text":
      return "a text";
    case "choice":
      return `${kind.choices.slice(0, -1).join(", ")} or ${kind.choices.at(-1)}`;
    case "count":
      return kind.most === undefined
        ? `a whole number of at least ${kind.least}`
        : `a whole number from ${kind.least} to ${kind.most}`;
    case "duration":
      return "a duration such as 10s, 500ms or 1m30s";
    case "bytes":
      return "a quantity such as 200Mi or 1.5Gi";
    case "switch":
      return "true or false";
  }
}
