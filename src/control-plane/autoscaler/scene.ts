// What an explanation is made of: a revision as the store and the autoscaler know it at one instant. Shapes only.
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import type { ServerlessService } from "../../apis/networking/types.ts";
import type { Time } from "../../base/clock.ts";
import type { DeciderView, HpaView } from "./autoscaler.ts";

/** The revision as the store and the autoscaler know it now. */
export interface ExplainObjects {
  readonly config: AutoscalerConfig;
  readonly decider: DeciderView | undefined;
  /** Of the HPA class. */
  readonly hpa?: HpaView | undefined;
  readonly pa: PodAutoscaler | undefined;
  readonly sks: ServerlessService | undefined;
  /** Of the Deployment's spec. */
  readonly replicas: number | undefined;
  readonly readyPods: number;
  /** How instants are shown; UTC unless told. */
  readonly showTime?: (time: Time) => string;
}

/** What a rule's words are made of. */
export interface Scene extends ExplainObjects {
  readonly now: Time;
  readonly pa: PodAutoscaler;
  readonly decider: DeciderView;
  readonly replicas: number;
  /** When the last pod would go without another request; undefined when it would stay. */
  readonly zeroAt: Time | undefined;
  readonly at: (time: Time) => string;
}
