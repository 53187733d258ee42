// The schemas of Knative's serving kinds, as its CRDs declare them (config/core/300-resources).
import { containerSchema, volumeSchema } from "./container-schema.ts";
import { metadataSchema } from "./meta-schema.ts";
import { about, flag, free, int64, listOf, object, type Schema, text, textMap, texts, withDefault } from "./schema.ts";

const revisionSpec: Schema = object(
  {
    affinity: free,
    automountServiceAccountToken: flag,
    containerConcurrency: about("How many requests one instance works on at once; 0 is no limit.", int64),
    containers: about("What runs; one of them receives the requests.", listOf(containerSchema)),
    dnsConfig: free,
    dnsPolicy: text,
    enableServiceLinks: flag,
    hostAliases: listOf(free),
    hostIPC: flag,
    hostNetwork: flag,
    hostPID: flag,
    idleTimeoutSeconds: about("How long a request may be silent.", int64),
    imagePullSecrets: listOf(object({ name: withDefault(text, "") }), "name"),
    initContainers: listOf(free),
    nodeSelector: textMap,
    priorityClassName: text,
    responseStartTimeoutSeconds: about("How long a request may take to send its first byte.", int64),
    runtimeClassName: text,
    schedulerName: text,
    securityContext: free,
    serviceAccountName: text,
    shareProcessNamespace: flag,
    timeoutSeconds: about("How long a request may take.", int64),
    tolerations: listOf(free),
    topologySpreadConstraints: listOf(free),
    volumes: listOf(volumeSchema, "name"),
  },
  "containers",
);
const template = about(
  "What each new Revision looks like.",
  object({
    metadata: {
      type: "object",
      preserveUnknown: true,
      properties: { annotations: textMap, finalizers: texts, labels: textMap, name: text, namespace: text },
    },
    spec: revisionSpec,
  }),
);
const traffic = about(
  "Who gets which share of the requests; the shares add up to 100.",
  listOf(
    object({
      configurationName: text,
      latestRevision: flag,
      percent: about("The share of this target, from 0 to 100.", int64),
      revisionName: text,
      tag: about("A name under which this target has its own address.", text),
      url: text,
    }),
  ),
);
const kind = (spec: Schema): Schema =>
  object({ apiVersion: text, kind: text, metadata: metadataSchema, spec, status: free });

export const serviceSchema = kind(object({ template, traffic }));
export const configurationSchema = kind(object({ template }));
export const routeSchema = kind(object({ traffic }));
export const revisionSchema = kind(revisionSpec);
export const domainMappingSchema = kind(
  object(
    {
      ref: about(
        "What the domain leads to.",
        object(
          { address: text, apiVersion: text, group: text, kind: text, name: text, namespace: text },
          "kind",
          "name",
        ),
      ),
      tls: object({ secretName: text }, "secretName"),
    },
    "ref",
  ),
);
