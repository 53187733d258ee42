// Defines the record of a run of `knap ci`, from which its reports and checks derive.
import type { ColdStart, PodStart } from "../../client/live.ts";
import type { UsageAnswer } from "../../client/measures.ts";
import type { RequestMeasures } from "../../load/request-measures.ts";
import type { ScaleSample } from "../../load/scale-sample.ts";
import type { ErrorCode } from "../error-codes.ts";
import type { ANSWER_VERSION } from "../output/answers.ts";

export interface TestCase {
  readonly name: string;
  readonly seconds: number;
  readonly failure?: string | undefined;
  /** Of the failure. */
  readonly code?: ErrorCode | undefined;
}

export interface ServiceRecord {
  /** `namespace/name` */
  readonly service: string;
  /** One a second, since the session started. */
  readonly samples: readonly ScaleSample[];
  /** Absent without requests. */
  readonly requests?: RequestMeasures | undefined;
}

export interface PodLog {
  /** `namespace/name` */
  readonly pod: string;
  /** The last lines of its serving container. */
  readonly lines: readonly string[];
}

export interface WarningEvent {
  /** `kind/name` */
  readonly about: string;
  readonly reason: string;
  readonly message: string;
}

/** Published as `--report FILE.json`: its fields keep their names within a version. */
export interface CiRecord {
  readonly apiVersion: typeof ANSWER_VERSION;
  readonly kind: "CiReport";
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly cases: readonly TestCase[];
  /** Why the run ended early. */
  readonly error?: string | undefined;
  readonly code?: ErrorCode | undefined;
  readonly services: readonly ServiceRecord[];
  /** The last ones, oldest first. */
  readonly coldStarts: readonly ColdStart[];
  /** Starts that no request waited for. */
  readonly firstStarts: readonly PodStart[];
  /** The largest memory of each pod. */
  readonly memory: UsageAnswer["pods"];
  readonly images: UsageAnswer["images"];
  readonly warnings: readonly WarningEvent[];
  /** Of a failed run. */
  readonly logs: readonly PodLog[];
}

/** Returns the failed cases and the reason why the run ended early, if any. */
export function failuresOf({ cases, error }: CiRecord): readonly string[] {
  const failed = cases.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure}`]));
  return failed.length === 0 && error !== undefined ? [error] : failed;
}
