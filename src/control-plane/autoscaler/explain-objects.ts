// Types of the values that an explanation reads.
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import type { ServerlessService } from "../../apis/networking/types.ts";
import type { Time } from "../../base/clock.ts";
import type { DeciderView, HpaView } from "./autoscaler.ts";

/** The objects and the autoscaler's state of one revision. */
export interface ExplainObjects {
  readonly config: AutoscalerConfig;
  readonly decider: DeciderView | undefined;
  /** Set for the HPA class only. */
  readonly hpa?: HpaView | undefined;
  readonly pa: PodAutoscaler | undefined;
  readonly sks: ServerlessService | undefined;
  /** `spec.replicas` of the Deployment. */
  readonly replicas: number | undefined;
  readonly readyPods: number;
  /** Formats instants; UTC by default. */
  readonly showTime?: (time: Time) => string;
}

/** {@link ExplainObjects} with defaults applied. */
export interface ExplainContext extends ExplainObjects {
  readonly now: Time;
  readonly pa: PodAutoscaler;
  readonly decider: DeciderView;
  readonly replicas: number;
  /** When the last pod stops if no further request comes; undefined if the revision never scales to zero. */
  readonly zeroAt: Time | undefined;
  readonly at: (time: Time) => string;
}
