// Defines the answer of `GET /last-exit` of the API group knap.dev.

/** How a container of a Service ended last. */
export interface LastExit {
  readonly pod: string;
  readonly revision: string;
  readonly container: string;
  readonly exitCode: number;
  /** `Completed`, `Error` or `OOMKilled`. */
  readonly reason: string;
  /** The termination message, else the last lines of a failed container's output; "" if there is none. */
  readonly message: string;
  /** RFC 3339. */
  readonly finishedAt: string;
}
