// Describes the endpoints of the API group knap.dev. The OpenAPI document derives from this table, and a test compares
// it with the handlers.

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly enum?: readonly string[];
}

export interface EndpointDoc {
  readonly method: "GET" | "POST";
  /** The path below `/apis/knap.dev/v1`. */
  readonly path: string;
  readonly summary: string;
  /** Name of a query parameter → its meaning. `!` at the end of the name: required. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonSchema;
  readonly answer: JsonSchema;
  /** Status code → when the endpoint answers with it and a Kubernetes Status. */
  readonly refusals?: Readonly<Record<string, string>>;
}

const text = (description: string): JsonSchema => ({ type: "string", description });
const number = (description: string): JsonSchema => ({ type: "number", description });
const flag = (description: string): JsonSchema => ({ type: "boolean", description });
const list = (items: JsonSchema, description = ""): JsonSchema => ({ type: "array", items, description });
const map = (values: JsonSchema, description: string): JsonSchema => ({
  type: "object",
  additionalProperties: values,
  description,
});
/** `?` at the end of a name: the field can be absent. */
function fields(named: Readonly<Record<string, JsonSchema>>, description = ""): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(named).map(([name, schema]) => [name.replace(/\?$/, ""), schema]),
  );
  const required = Object.keys(named).filter((name) => !name.endsWith("?"));
  return { type: "object", properties, description, ...(required.length > 0 && { required }) };
}

const TIME = fields({ time: number("The session's time, in ms since the epoch.") });
const TARGET = {
  "service?": text("Name of the Service. Name either a Service or a Revision."),
  "revision?": text("Name of the Revision."),
  "namespace?": text("Default: default."),
};
const STATE = {
  ...TARGET,
  "ready?": flag("Wait until it is ready."),
  "zero?": flag("Wait until it has no pods."),
  "replicas?": number("Wait until it has exactly this number of pods, all ready."),
};
const COLD_START = fields({
  revision: text("namespace/name"),
  pod: text("Name of the pod that started."),
  totalMs: number("Time from the request's arrival in the queue to the first byte of its response."),
  fetchMs: number("The part of totalMs in which images were fetched."),
  parts: map(number("ms"), "Duration of each step: queue, decide, create, start, port, probe, firstByte."),
});
const DEBUG_STATE = fields({
  namespace: text("Namespace of the revision."),
  revision: text("Name of the revision."),
  host: text("Where debuggers attach."),
  port: number("Where debuggers attach."),
});
const FAULT = fields({
  id: text("Unique in the session."),
  kind: text("Which fault; docs/faults.md lists them."),
  "service?": text("Whose pods it concerns."),
  "revision?": text("Whose pods it concerns."),
  events: number("How many events it has decided about."),
  hits: number("On how many it has acted."),
});
const NO_OBJECT = { "404": "there is no such object" };
const WRONG_FIELDS = { "400": "a field is missing or wrong; the message names it" };
const REAL_TIME = { "400": "the session runs on real time, or a field is wrong" };

/** In the order of the documentation. */
export const endpointDocs: readonly EndpointDoc[] = [
  {
    method: "POST",
    path: "/wait",
    summary: "Wait until a Service or Revision is ready, or has a number of pods; on virtual time, jump there.",
    body: fields({ ...STATE, "timeoutMs?": number("The longest wait, on the session's clock. Default: a day.") }),
    answer: TIME,
    refusals: {
      ...WRONG_FIELDS,
      "409": "the state cannot be reached; the message says why, with the sentences of explain",
      "504": "timeoutMs is over; the message says why, with the sentences of explain",
    },
  },
  {
    method: "GET",
    path: "/explain",
    summary: "Why a Revision has its present scale, and its last decisions.",
    query: { "revision!": "Name of the Revision.", namespace: "Default: default." },
    answer: fields({
      revision: text("Name of the Revision."),
      sentence: text("Why it has its present scale."),
      decisions: list({ type: "object" }, "Oldest first: time, source, rule, desired, ready, stable, panic, facts."),
    }),
    refusals: NO_OBJECT,
  },
  {
    method: "GET",
    path: "/requests",
    summary: "Which Revision and pod answered a request that carried the header Knap-Request-Id, and its cold start.",
    query: { "id!": "The value of the header. The newest 2000 are known." },
    answer: fields({
      revision: text("namespace/name"),
      "pod?": text("Absent if no pod got the request."),
      "coldStart?": COLD_START,
    }),
    refusals: { "404": "no Revision got such a request" },
  },
  {
    method: "GET",
    path: "/last-exit",
    summary: "How a container of a Service ended last, also of a pod that is gone; {} if none ended.",
    query: { "service!": "Name of the Service.", namespace: "Default: default." },
    answer: fields({
      "pod?": text("Name of the pod."),
      "revision?": text("Name of the Revision."),
      "container?": text("Name of the container."),
      "exitCode?": number("128 plus the signal for a killed process."),
      "reason?": text("Completed, Error or OOMKilled."),
      "message?": text("The termination message, or the last output of a failed container."),
      "finishedAt?": text("RFC 3339."),
    }),
    refusals: NO_OBJECT,
  },
  {
    method: "GET",
    path: "/clock",
    summary: "The session's time.",
    answer: fields({ ...TIME.properties, virtual: flag("") }),
  },
  {
    method: "POST",
    path: "/clock/advance",
    summary: "Let virtual time pass. Starts and stops of containers that become due are finished by the answer.",
    body: fields({ ms: number("From 0 to 100 years.") }),
    answer: TIME,
    refusals: REAL_TIME,
  },
  {
    method: "POST",
    path: "/clock/run",
    summary: "As /wait, on virtual time only and without a limit.",
    body: fields(STATE),
    answer: TIME,
    refusals: { ...REAL_TIME, "409": "the state cannot be reached; the message says why" },
  },
  {
    method: "POST",
    path: "/faults",
    summary: "Inject a fault into the pods of a Service or Revision, or into the session.",
    body: fields({
      ...TARGET,
      kind: text("Which fault; docs/faults.md lists them."),
      "percent?": number("The share of events on which it acts. Default: 100, for readiness-flap 50."),
      "count?": number("It ends after it has acted this often."),
      "duration?": text("It ends after this time, such as 30s, by the session's clock."),
      "seed?": number("The same seed acts on the same events. Default: 1."),
      "delay?": text("Of slow-start and latency, such as 500ms."),
      "status?": number("The HTTP status of errors."),
      "host?": text("The name that dns-failure concerns."),
      "by?": text("How far clock-jump moves the clock, such as -1m."),
    }),
    answer: FAULT,
    refusals: { ...WRONG_FIELDS, ...NO_OBJECT, "409": "this session cannot do it; the message says why" },
  },
  { method: "GET", path: "/faults", summary: "The faults that are on, oldest first.", answer: list(FAULT) },
  {
    method: "POST",
    path: "/faults/off",
    summary: "End one fault by its id, those of a Service or Revision, or with {} all.",
    body: fields({ ...TARGET, "id?": text("The id of a fault.") }),
    answer: list(FAULT, "The ended faults with their last counts."),
    refusals: { ...WRONG_FIELDS, "404": "no fault with this id is on" },
  },
  {
    method: "POST",
    path: "/scale",
    summary: "Set the number of pods until the autoscaler's next decision.",
    body: fields({ ...TARGET, pods: number("Number of pods.") }),
    answer: fields({ message: text("What was requested.") }),
    refusals: { ...WRONG_FIELDS, ...NO_OBJECT },
  },
  {
    method: "POST",
    path: "/kill",
    summary: "Send a signal to the containers of a pod, as a crash would.",
    body: fields({
      pod: text("Name of the pod."),
      "namespace?": text("Default: default."),
      "signal?": text("Default: SIGKILL."),
    }),
    answer: fields({}),
    refusals: { ...WRONG_FIELDS, ...NO_OBJECT },
  },
  { method: "GET", path: "/debug", summary: "The revisions that are debugged.", answer: list(DEBUG_STATE) },
  {
    method: "POST",
    path: "/debug",
    summary: "Switch the debugging of a revision on, or off.",
    body: fields({
      ...TARGET,
      "off?": flag("End it."),
      "kind?": text("The debugger: see `knap debug --help`."),
      "port?": number("Port on 127.0.0.1."),
      "wait?": flag("Start the app only when a debugger attaches."),
    }),
    answer: { type: "object", description: "The state as in GET /debug, with already: it was on before; or stopped." },
    refusals: { ...WRONG_FIELDS, ...NO_OBJECT, "409": "it is debugged with other options, or has no revision yet" },
  },
  {
    method: "GET",
    path: "/live",
    summary: "Figures that change too often for objects: load, scale, splits, cold starts.",
    answer: fields({
      time: TIME.properties?.["time"] ?? {},
      revisions: map(
        { type: "object" },
        "namespace/name → concurrency, rps, inFlight, waiting, desired, ready, sentence …",
      ),
      services: map({ type: "object" }, "namespace/name → observed: number of requests by Revision."),
      coldStarts: list(COLD_START, "The last 20, oldest first."),
      podStarts: list({ type: "object" }, "pod (namespace/name) and totalMs of pods that were ready."),
    }),
  },
  {
    method: "GET",
    path: "/latencies",
    summary: "How long the requests to each Service took, from their route to the end of the response.",
    answer: map({ type: "object" }, "namespace/name → percentiles and counts."),
  },
  {
    method: "GET",
    path: "/usage",
    summary: "The memory of running pods, and the sizes of images.",
    answer: fields({ pods: list({ type: "object" }), images: list({ type: "object" }) }),
  },
  {
    method: "GET",
    path: "/status",
    summary: "The version of the store, and planners that fail.",
    answer: fields({ objects: number("Grows with every write."), failures: list({ type: "object" }) }),
  },
  {
    method: "POST",
    path: "/stop",
    summary: "End the session, as `knap down`.",
    answer: fields({ stopping: flag("") }),
  },
  { method: "GET", path: "/openapi", summary: "This document.", answer: { type: "object" } },
];
