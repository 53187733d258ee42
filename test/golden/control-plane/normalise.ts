// Normalizes objects like the transcripts: stable texts for uids and times, without inputs and irrelevant fields.
import { sha256Hex } from "../../../src/base/hash.ts";
import { type Json, START } from "./transcript.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const DROPPED = ["uid", "resourceVersion", "managedFields", "creationTimestamp", "selfLink"];
const JSON_ANNOTATIONS = ["networking.internal.knative.dev/rollout", "networking.internal.knative.dev/tag-to-host"];
const ROLLOUT_TIMES = ["starttime", "nextStepTime"];
const WITHOUT_STATUS = ["apps/v1 Deployment", "v1 Service"];
const INPUT_STATUS = ["Ingress", "Certificate"];
const HASH_LABEL = "serving.knative.dev/deployment-hash";

/** `nameOfUid` returns the `{{uid:…}}` placeholder of a uid. With `full`, Deployments keep their whole pod spec. */
export function normalise(object: Json, nameOfUid: (uid: string) => string, full: boolean): Json {
  const { apiVersion, kind, status, ...rest } = object;
  const metadata = object["metadata"] as Json;
  const keptMetadata = Object.fromEntries(Object.entries(metadata).filter(([key]) => !DROPPED.includes(key)));
  if (keptMetadata["namespace"] === "default") delete keptMetadata["namespace"];
  if (Array.isArray(keptMetadata["ownerReferences"])) {
    keptMetadata["ownerReferences"] = keptMetadata["ownerReferences"].map(
      ({ uid: _uid, ...reference }: Json) => reference,
    );
  }
  for (const field of ["labels", "annotations", "ownerReferences", "finalizers"])
    if (isEmpty(keptMetadata[field])) delete keptMetadata[field];
  const isInput = WITHOUT_STATUS.includes(`${apiVersion} ${kind}`) || INPUT_STATUS.includes(kind as string);
  const made: Json = { apiVersion, kind, ...rest, metadata: keptMetadata };
  if (!isInput && !isEmpty(status)) made["status"] = status;
  if (isEmpty(made["spec"])) delete made["spec"];
  const converted = texts(made, nameOfUid) as Json;
  return readJsonAnnotations(kind === "Deployment" ? shortened(converted, full) : converted);
}

/** Parses the JSON in annotations of a recorded object, for comparison. */
export function readJsonAnnotations(object: Json): Json {
  const metadata = object["metadata"] as Json | undefined;
  const annotations = metadata?.["annotations"] as Record<string, unknown> | undefined;
  if (!annotations) return object;
  const read = { ...annotations };
  for (const name of JSON_ANNOTATIONS) {
    if (typeof read[name] === "string") read[name] = rolloutTimes(JSON.parse(read[name]));
  }
  return { ...object, metadata: { ...metadata, annotations: read } };
}

/** Rounds times to milliseconds, because a number cannot hold a Unix time in nanoseconds. */
function rolloutTimes(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replace(/\{\{T\+([\d.]+)\}\}/, (_, seconds) => `{{T+${Number(Number(seconds).toFixed(3))}}}`);
  }
  if (Array.isArray(value)) return value.map(rolloutTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) =>
      ROLLOUT_TIMES.includes(key) && typeof part === "number" ? [key, timeText(part / 1e6)] : [key, rolloutTimes(part)],
    ),
  );
}

function timeText(time: number): string {
  return `{{T+${Number(((time - START) / 1000).toFixed(3))}}}`;
}

function texts(value: unknown, nameOfUid: (uid: string) => string): unknown {
  if (typeof value === "string") {
    return TIME.test(value) ? timeText(Date.parse(value)) : value.replaceAll(UUID, nameOfUid);
  }
  if (Array.isArray(value)) return value.map((part) => texts(part, nameOfUid));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, texts(part, nameOfUid)]));
}

function shortened(deployment: Json, full: boolean): Json {
  const metadata = deployment["metadata"] as { labels?: Json };
  if (metadata.labels?.[HASH_LABEL] !== undefined) metadata.labels[HASH_LABEL] = "{{hash}}";
  if (full) return deployment;
  const spec = deployment["spec"] as { template: Json & { spec: { containers: Json[] } } };
  const pod = spec.template.spec;
  const containers = pod.containers.map(({ name, image }) => ({ name, image }));
  const template = { ...spec.template, spec: { containers }, specSha256: sha256Hex(canonical(pod)) };
  return { ...deployment, spec: { ...spec, template } };
}

/** JSON with sorted keys and without spaces. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)
    .join(",")}}`;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
