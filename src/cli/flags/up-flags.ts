// The flags of `up` and `ci`, and how they settle: flag, else KNAP_… variable, else knap.yaml, else the default. Pure.
import type { EmulatorOptions } from "../../emulator/options.ts";
import type { ProjectFile } from "../../project/project-file.ts";
import { countFlag, durationFlag } from "./parse-flag.ts";

/** As commander gives them: a flag's variable has already taken the place of an absent flag. */
export interface SessionFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly runtime?: EmulatorOptions["runtime"];
  readonly address?: string;
  readonly port?: string;
  readonly httpsPort?: string;
  readonly maxPods?: string;
  readonly stopTimeout?: string;
  readonly drain?: EmulatorOptions["drain"];
  readonly clock?: EmulatorOptions["clock"];
  readonly containerAddress?: "direct" | "published";
  readonly wake?: EmulatorOptions["wake"];
  readonly validate?: ValidateMode;
  readonly ui?: UiWish;
  readonly maxConnections?: string;
  readonly maxHeaderBytes?: string;
  readonly headerTimeout?: string;
  readonly keepAliveTimeout?: string;
}
export type ValidateMode = "strict" | "warn" | "ignore";
export type UiWish = "auto" | "tui" | "plain" | "json";

export interface UpFlags extends SessionFlags {
  readonly watch?: boolean;
  readonly keepOld?: boolean;
}

/** The part of {@link EmulatorOptions} that flags decide. */
export type SessionSettings = Pick<
  EmulatorOptions,
  | "runtime"
  | "address"
  | "port"
  | "httpsPort"
  | "limits"
  | "maxPods"
  | "stopTimeoutMs"
  | "drain"
  | "clock"
  | "containerAddress"
  | "wake"
>;

export function settleSession(flags: SessionFlags, file: ProjectFile): SessionSettings {
  const port = flags.port ?? file.port;
  const httpsPort = flags.httpsPort ?? file["https-port"];
  const maxPods = flags.maxPods ?? file["max-pods"];
  const containerAddress = flags.containerAddress ?? file["container-address"];
  return {
    runtime: flags.runtime ?? file.runtime ?? "auto",
    address: flags.address ?? file.address ?? "127.0.0.1",
    stopTimeoutMs: durationFlag("stop-timeout", flags.stopTimeout ?? file["stop-timeout"] ?? "10s"),
    drain: flags.drain ?? file.drain ?? "knap",
    clock: flags.clock ?? file.clock ?? "real",
    wake: flags.wake ?? file.wake ?? "cold",
    ...(port !== undefined && { port: countFlag("port", port, 1, 65535) }),
    ...(httpsPort !== undefined && { httpsPort: countFlag("https-port", httpsPort, 0, 65535) }),
    ...(maxPods !== undefined && { maxPods: countFlag("max-pods", maxPods, 1) }),
    ...(containerAddress !== undefined && { containerAddress }),
    limits: settleLimits(flags, file),
  };
}

/** Smaller ones would refuse what browsers send. */
const LEAST_HEADER_BYTES = 1024;

/** What nobody says stays as Go's server has it. */
function settleLimits(flags: SessionFlags, file: ProjectFile): NonNullable<EmulatorOptions["limits"]> {
  const connections = flags.maxConnections ?? file["max-connections"];
  const headerBytes = flags.maxHeaderBytes ?? file["max-header-bytes"];
  const headers = flags.headerTimeout ?? file["header-timeout"];
  const keepAlive = flags.keepAliveTimeout ?? file["keep-alive-timeout"];
  return {
    ...(connections !== undefined && { connections: countFlag("max-connections", connections, 1) }),
    ...(headerBytes !== undefined && { headerBytes: countFlag("max-header-bytes", headerBytes, LEAST_HEADER_BYTES) }),
    ...(headers !== undefined && { headersTimeoutMs: durationFlag("header-timeout", headers) }),
    ...(keepAlive !== undefined && { keepAliveTimeoutMs: durationFlag("keep-alive-timeout", keepAlive) }),
  };
}

/** `auto` is the terminal UI only where a person sits at a real terminal. */
export function settleUi(
  wish: UiWish,
  at: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly stdinIsTty: boolean;
    readonly stdoutIsTty: boolean;
    readonly quiet: boolean;
  },
): "tui" | "plain" | "json" {
  if (wish !== "auto") return wish;
  const person = at.stdinIsTty && at.stdoutIsTty && at.env["TERM"] !== "dumb" && !at.env["CI"] && !at.quiet;
  return person ? "tui" : "plain";
}
