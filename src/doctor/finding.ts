// The result of one check of `knap doctor`.

export interface DoctorFinding {
  readonly check: "engine" | "network" | "port" | "image" | "manifest" | "tool" | "session" | "setting";
  readonly level: "ok" | "warning" | "problem";
  readonly what: string;
  /** Present with every warning and problem. */
  readonly fix?: string | undefined;
}
