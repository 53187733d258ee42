// Makes the endpoints `/debug` of the API group knap.dev: they switch the debugging of a revision on and off.
import type { EndpointHandler, EndpointRequest } from "../api-server/custom-endpoints.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { type NamespacedName, namespacedName } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import { type DebuggerKind, debuggerKinds } from "../apis/serving/debug.ts";
import { SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { Revision, Service } from "../apis/serving/types.ts";
import { fieldsOf, type JsonFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { DebugStart, DebugState } from "../client/debug.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import type { Control } from "./gather-live.ts";

interface DebugOptions {
  readonly kind?: DebuggerKind | undefined;
  readonly port?: number | undefined;
  readonly waits: boolean;
}

/** Switches debugging on and off. The node implements it. */
interface DebugSwitch {
  list(): Promise<readonly DebugState[]>;
  /** `namespace/name` of a revision. */
  find(revision: NamespacedName): Promise<DebugState | undefined>;
  start(request: DebugOptions & { readonly revision: Stored<Revision> }): Promise<Result<DebugState, ApiStatus>>;
  stop(revision: NamespacedName): boolean;
}

export interface DebugEndpointOptions {
  readonly control: Control;
  readonly debug: DebugSwitch;
}

const REVISION = "Revision.serving.knative.dev";

type Refusal = { readonly refused: ApiStatus };

export function makeDebugEndpoints(options: DebugEndpointOptions): Readonly<Record<string, EndpointHandler>> {
  return {
    "GET /debug": () => options.debug.list(),
    "POST /debug": ({ body }: EndpointRequest) => switchDebugging(options, fieldsOf(body)),
  };
}

/** Reads `{service|revision, namespace?, off?, kind?, port?, wait?}`. */
async function switchDebugging({ control, debug }: DebugEndpointOptions, body: JsonFields): Promise<object | Refusal> {
  const found = revisionOf(control, body);
  if (!found.ok) return { refused: found.error };
  const revision = found.value;
  const { namespace, name } = revision.metadata;
  const { service } = body;
  const isService = typeof service === "string";
  if (!["undefined", "boolean"].includes(typeof body["off"]))
    return { refused: makeFailure("BadRequest", "off must be true or false") };
  if (body["off"] === true) {
    // Several revisions of a Service can be debugged.
    const labels = { matchLabels: { [SERVICE_LABEL]: `${service}` } };
    const revisions = isService ? control.store.list(REVISION, { namespace, labels }) : [revision];
    return { stopped: revisions.filter(({ metadata }) => debug.stop(namespacedName(metadata))).length > 0 };
  }
  const sessions = await debug.list();
  const before = sessions.find(
    (each) => each.namespace === namespace && (each.revision === name || (isService && each.service === service)),
  );
  const options = readOptions(body);
  if (!options.ok) return { refused: makeFailure("BadRequest", options.error) };
  if (before) return already(before, options.value);
  const started = await debug.start({ revision, ...options.value });
  return started.ok ? ({ ...started.value, already: false } satisfies DebugStart) : { refused: started.error };
}

function already(before: DebugState, wanted: DebugOptions): DebugStart | Refusal {
  // For its own debugger, the app opens the port that the user names.
  const named = before.debugger === "other" ? before.containerPort : before.port;
  const { kind = before.debugger, port = named, waits } = wanted;
  const isSame = kind === before.debugger && port === named && (!waits || before.waits);
  if (isSame) return { ...before, already: true };
  const where = `${before.revision} is debugged at ${before.host}:${before.port} (${before.debugger}) already`;
  return { refused: makeFailure("Conflict", `${where}: end that with --off before you start it with other options`) };
}

function readOptions({ kind, port, wait }: JsonFields): Result<DebugOptions> {
  const known = debuggerKinds.find((each) => each === kind);
  if (kind !== undefined && known === undefined) return failed(`kind must be ${debuggerKinds.join(", ")}`);
  const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
  if (port !== undefined && !isPort) return failed("port must be a number from 1 to 65535");
  if (wait !== undefined && typeof wait !== "boolean") return failed("wait must be true or false");
  if (known === "other" && port === undefined) return failed("kind other needs --port, the port that the app opens");
  return ok({ kind: known, port: isPort ? port : undefined, waits: wait === true });
}

/** Returns the named revision, or the one of the Service that gets the most traffic. */
function revisionOf({ store }: Control, body: JsonFields): Result<Stored<Revision>, ApiStatus> {
  const { namespace = "default", service, revision } = body;
  if (typeof namespace !== "string" || (typeof service !== "string" && typeof revision !== "string"))
    return failed(makeFailure("BadRequest", "name a service or a revision"));
  let name = typeof revision === "string" ? revision : "";
  if (typeof service === "string") {
    const kind = "Service.serving.knative.dev";
    const found = store.get(kind, namespace, service);
    if (!found) return failed(makeNotFound({ kind, namespace, name: service }));
    name = mainRevision(found);
    if (name === "") return failed(makeFailure("Conflict", `${service} has no revision yet: try again in a moment`));
  }
  const object = store.get(REVISION, namespace, name);
  return object ? ok(object) : failed(makeNotFound({ kind: REVISION, namespace, name }));
}

function mainRevision({ status = {} }: Service): string {
  const { traffic = [], latestReadyRevisionName, latestCreatedRevisionName } = status;
  const [most] = traffic.toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0));
  return most?.revisionName ?? latestReadyRevisionName ?? latestCreatedRevisionName ?? "";
}
