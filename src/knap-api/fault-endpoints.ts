// Makes the endpoints `/faults` of the API group knap.dev: they inject, list and end faults.
import type { EndpointHandler, EndpointRequest } from "../api-server/custom-endpoints.ts";
import type { Fault, FaultSpec } from "../apis/faults/fault.ts";
import { readFault } from "../apis/faults/read-fault.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { fieldsOf, type JsonFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";

/** The faults of the session. The node implements it. */
interface FaultSwitch {
  /** The faults that are on, oldest first. */
  readonly all: readonly Fault[];
  inject(spec: FaultSpec): Result<Fault, ApiStatus>;
  /** Ends the chosen ones, and returns them. */
  end(isChosen: (fault: Fault) => boolean): readonly Fault[];
  /** Returns a fault that has ended. */
  past(id: string): Fault | undefined;
}

export interface FaultEndpointOptions {
  readonly faults: FaultSwitch;
}

/**
 * `GET /faults`, `POST /faults` with a fault, `POST /faults/off` with `{id}`, `{service|revision, namespace?}`,
 * `{namespace}`, or `{}` for all.
 */
export function makeFaultEndpoints({ faults }: FaultEndpointOptions): Readonly<Record<string, EndpointHandler>> {
  return {
    "GET /faults": () => faults.all,
    "POST /faults": ({ path: [action], body }: EndpointRequest) => {
      if (action === "off") return answer(end(faults, fieldsOf(body)));
      if (action !== undefined) return answer(failed(makeFailure("BadRequest", "POST /faults has only off")));
      const read = readFault(fieldsOf(body));
      return answer(read.ok ? faults.inject(read.value) : failed(makeFailure("BadRequest", read.error)));
    },
  };
}

function end(faults: FaultSwitch, fields: JsonFields): Result<readonly Fault[], ApiStatus> {
  const isChosen = readSelection(fields);
  if (!isChosen.ok) return failed(makeFailure("BadRequest", isChosen.error));
  const ended = faults.end(isChosen.value);
  const { id } = fields;
  if (id === undefined || ended.length > 0) return ok(ended);
  const past = faults.past(`${id}`);
  return past
    ? ok([past])
    : failed(makeFailure("NotFound", `there is no fault ${id}; \`knap fault\` lists the faults`));
}

const SELECTION = ["id", "service", "revision", "namespace"];

function readSelection(fields: JsonFields): Result<(fault: Fault) => boolean> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const wrong = given.filter(([name, value]) => !SELECTION.includes(name) || typeof value !== "string");
  const { id, service, revision } = fields;
  const named = [id, service, revision].filter((each) => each !== undefined);
  if (wrong.length > 0 || named.length > 1 || (id !== undefined && given.length > 1))
    return failed("name one fault by its id, or one service or revision, or a namespace, or nothing to end all");
  if (id !== undefined) return ok((fault) => fault.id === id);
  const { namespace = named.length > 0 ? "default" : undefined } = fields;
  if (named.length === 0) return ok((fault) => namespace === undefined || fault.namespace === namespace);
  const isTarget = (fault: Fault): boolean =>
    service === undefined ? fault.revision === revision : fault.service === service;
  return ok((fault) => fault.namespace === namespace && isTarget(fault));
}

function answer<T>(result: Result<T, ApiStatus>): T | { readonly refused: ApiStatus } {
  return result.ok ? result.value : { refused: result.error };
}
