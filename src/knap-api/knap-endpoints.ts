// Makes the endpoints of the API group knap.dev, which only knap has.
import { constants } from "node:os";
import type { EndpointHandler, EndpointHandlers, EndpointRequest } from "../api-server/custom-endpoints.ts";
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import type { Pod } from "../apis/core/types.ts";
import { concerns, faultText } from "../apis/faults/fault.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import { namespacedName } from "../apis/meta/key.ts";
import { SERVICE_LABEL } from "../apis/serving/labels.ts";
import { countText } from "../base/count-text.ts";
import { fieldsOf } from "../base/json.ts";
import type { Live } from "../client/live.ts";
import type { LatenciesAnswer, UsageAnswer } from "../client/measures.ts";
import { REQUEST_ID_HEADER } from "../client/requests.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ClockEndpointOptions, makeClockEndpoints } from "./clock-endpoints.ts";
import { type DebugEndpointOptions, makeDebugEndpoints } from "./debug-endpoints.ts";
import { type FaultEndpointOptions, makeFaultEndpoints } from "./fault-endpoints.ts";
import { explainRevision, gatherLive, type LiveOptions } from "./gather-live.ts";
import { LastExits } from "./last-exits.ts";
import { makeOpenApiDocument } from "./openapi-document.ts";
import type { RequestRecords } from "./request-records.ts";
import { makeWaitEndpoint } from "./wait-endpoint.ts";

/** Kubernetes' limit of `replicas`. */
const MAX_PODS = 2 ** 31 - 1;

export interface KnapEndpointOptions
  extends LiveOptions,
    ClockEndpointOptions,
    DebugEndpointOptions,
    FaultEndpointOptions {
  readonly requests: RequestRecords;
  /** Called when `knap down` asks the session to end. */
  readonly onStop: () => void;
  /** Sends a signal to the pod's containers. */
  readonly kill: (pod: Pod, signal: string) => Promise<void>;
  readonly usage: () => Promise<UsageAnswer>;
}

export function makeKnapEndpoints(options: KnapEndpointOptions): EndpointHandlers {
  const { clock, control } = options;
  const lastExits = new LastExits(control.store);
  const handlers: Record<string, EndpointHandler> = {
    "GET /live": () => ({ ...gatherLive(options, clock.now()), faults: options.faults.all }) satisfies Live,
    "GET /latencies": () => latenciesOf(options),
    "GET /usage": () => options.usage(),
    "GET /explain": (request) => explainNamed(options, request),
    "GET /requests": (request) => findRequest(options, request),
    "GET /last-exit": (request) => findLastExit(control.store, lastExits, request),
    "POST /wait": makeWaitEndpoint(options),
    ...makeClockEndpoints(options),
    ...makeDebugEndpoints(options),
    ...makeFaultEndpoints(options),
    "POST /kill": (request) => killPod(options, request),
    "POST /scale": (request) => overrideScale(options, request),
    "POST /stop": () => {
      options.onStop();
      return { stopping: true };
    },
    "GET /openapi": makeOpenApiDocument,
    "GET /status": () => ({ objects: control.store.version, failures: control.controller.failures() }),
  };
  return new Map(Object.entries(handlers));
}

/** A Route, and so its Ingress, has the name of its Service. */
function latenciesOf({ gateway }: KnapEndpointOptions): LatenciesAnswer {
  return Object.fromEntries(gateway.figures.map(({ ingress, ...measures }) => [ingress, measures]));
}

async function explainNamed({ control, clock, debug, faults }: KnapEndpointOptions, { query }: EndpointRequest) {
  const namespace = query.get("namespace") ?? "default";
  const name = query.get("revision") ?? "";
  const revision = control.store.get("Revision.serving.knative.dev", namespace, name);
  if (!revision) {
    return { refused: makeNotFound({ kind: "Revision.serving.knative.dev", namespace, name }) };
  }
  const key = namespacedName({ namespace, name });
  const explained = explainRevision(control, key, clock.now());
  const attached = (await debug.find(key))?.attached;
  const debuggers = attached === undefined ? [] : [`${countText(attached, "debugger")} attached`];
  const target = { namespace, service: revision.metadata.labels?.[SERVICE_LABEL], revision: name };
  const injected = faults.all.filter((fault) => concerns(fault, target)).map((fault) => `fault ${faultText(fault)}`);
  return { ...explained, sentence: [explained.sentence, ...debuggers, ...injected].join("; ") };
}

function findRequest({ requests }: KnapEndpointOptions, { query }: EndpointRequest) {
  const id = query.get("id") ?? "";
  const missing = `no revision got a request with the header ${REQUEST_ID_HEADER}: ${id}, or it is too long ago`;
  return requests.find(id) ?? { refused: makeFailure("NotFound", missing) };
}

/** Answers `{}` if no container of the Service has ended. */
function findLastExit(store: ObjectStore, exits: LastExits, { query }: EndpointRequest) {
  const namespace = query.get("namespace") ?? "default";
  const name = query.get("service") ?? "";
  const exit = exits.of(namespace, name);
  if (exit !== undefined) return exit;
  const kind = "Service.serving.knative.dev";
  return store.get(kind, namespace, name) ? {} : { refused: makeNotFound({ kind, namespace, name }) };
}

/** Returns the text fields of a body. The default namespace is `default`. */
function textsOf(body: unknown): { readonly namespace: string } & Readonly<Record<string, string>> {
  const texts = Object.entries(fieldsOf(body)).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return { namespace: "default", ...Object.fromEntries(texts) };
}

async function killPod({ control, kill }: KnapEndpointOptions, request: EndpointRequest) {
  const { namespace, pod: name = "", signal = "SIGKILL" } = textsOf(request.body);
  if (!Object.hasOwn(constants.signals, signal)) return { refused: makeFailure("BadRequest", `no signal ${signal}`) };
  const pod = control.store.get("Pod", namespace, name);
  if (!pod) return { refused: makeNotFound({ kind: "Pod", namespace, name }) };
  await kill(pod, signal);
  return {};
}

/** Applies to the named revision, or to the latest ready one of the Service. */
function overrideScale({ control }: KnapEndpointOptions, request: EndpointRequest) {
  const { namespace, service = "", revision = "" } = textsOf(request.body);
  const known = control.store.get("Service.serving.knative.dev", namespace, service);
  const name = revision || known?.status?.latestReadyRevisionName || "";
  const { pods: count } = fieldsOf(request.body);
  if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count > MAX_PODS)
    return { refused: makeFailure("BadRequest", `pods must be a whole number from 0 to ${MAX_PODS}`) };
  const key: RevisionKey = namespacedName({ namespace, name });
  if (!control.tick.autoscaler.override(key, count)) {
    return { refused: makeNotFound({ kind: "Revision.serving.knative.dev", namespace, name: name || service }) };
  }
  return {
    message: `${name}: ${count} pods requested; scale bounds and scale-to-zero rules apply, and the next decision may override it`,
  };
}
