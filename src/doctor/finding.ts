// What doctor finds, as data: the wording of output is the CLI's. Types only.

export interface DoctorFinding {
  readonly check: "engine" | "network" | "port" | "image" | "manifest" | "tool" | "session" | "setting";
  readonly level: "ok" | "warning" | "problem";
  readonly what: string;
  /** Present with every warning and problem. */
  readonly fix?: string;
}
