// Defines the answers of `GET /latencies` and `GET /usage` of the API group knap.dev.
import type { RequestMeasures } from "../load/request-measures.ts";

/** The requests to each Service (`namespace/name`), from their route to the end of the response. */
export type LatenciesAnswer = Readonly<Record<string, RequestMeasures>>;

export interface UsageAnswer {
  /** Running pods, with the memory that their containers use now. */
  readonly pods: readonly { readonly pod: string; readonly memoryBytes: number }[];
  /** The images of all pods. Empty if the runtime has no images. */
  readonly images: readonly { readonly image: string; readonly sizeBytes: number }[];
}
