// The form of api-server.json: recorded conversations with a Kubernetes API server. data/api-server.README.md explains
// the fields.
export type Json = Readonly<Record<string, unknown>>;

export interface Conversation {
  readonly name: string;
  readonly family: string;
  readonly level: "must" | "also";
  readonly managedFields?: boolean;
  readonly webhook?: boolean;
  readonly steps: readonly Step[];
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
}

export interface RecordedResponse {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  readonly yaml?: unknown;
  readonly text?: string;
  readonly binary?: boolean;
  readonly selected?: Json;
}

export interface RecordedEvents {
  readonly events?: readonly unknown[];
  readonly ended?: boolean;
}

interface Exchange {
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
  readonly select?: readonly string[];
  readonly carries?: "current" | "old";
}

export type Step =
  | Exchange
  | { readonly watch: string; readonly request: RecordedRequest; readonly response: RecordedResponse }
  | { readonly events: string; readonly count: number; readonly response: RecordedEvents }
  | { readonly quiet: string; readonly ms: number; readonly response: RecordedEvents }
  | { readonly end: string; readonly response: RecordedEvents }
  | { readonly close: string }
  | { readonly op: "wait1s" | "compact" };
