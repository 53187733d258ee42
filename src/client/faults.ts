// Injects, lists and ends faults by the API group knap.dev, for CLI and test library.
import type { Fault, FaultKind, FaultSpec } from "../apis/faults/fault.ts";
import type { Client } from "./client.ts";

/** What to inject. Every field but `kind` and the target has a default; see docs/faults.md. */
export interface FaultRequest extends Partial<Omit<FaultSpec, "kind">> {
  readonly kind: FaultKind;
}

/** Names the faults to end: one by its id, those of a Service (with its Revisions), Revision or namespace, or all. */
export interface FaultSelection {
  readonly id?: string | undefined;
  readonly service?: string | undefined;
  readonly revision?: string | undefined;
  /** Default with a Service or Revision: `default`. */
  readonly namespace?: string | undefined;
}

type FaultClient = Pick<Client, "knap">;

/**
 * Resolves with the fault, which is then on; a `clock-jump` has then happened. Rejects with an ApiError: BadRequest
 * names the wrong fields, NotFound the missing Service or Revision, Conflict why this session cannot do it.
 */
export function injectFault(client: FaultClient, request: FaultRequest): Promise<Fault> {
  return client.knap<Fault>("POST", "/faults", request);
}

/** Resolves with the faults that are on, oldest first. */
export function listFaults(client: FaultClient): Promise<readonly Fault[]> {
  return client.knap<readonly Fault[]>("GET", "/faults");
}

/**
 * Ends faults. Resolves with them and their last counts; an id also finds a fault that has ended before. Rejects with
 * NotFound for an id that is unknown.
 */
export function clearFaults(client: FaultClient, selection: FaultSelection = {}): Promise<readonly Fault[]> {
  return client.knap<readonly Fault[]>("POST", "/faults/off", selection);
}
