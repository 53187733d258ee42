// The part of a container that Knative's CRDs know. What is missing here is refused (or pruned) before Knative sees it.
import {
  about,
  flag,
  free,
  int32,
  int64,
  intOrString,
  listOf,
  object,
  quantities,
  type Schema,
  text,
  texts,
  withDefault,
} from "./schema.ts";

const name = withDefault(text, "");
const fieldRef = object({ apiVersion: text, fieldPath: text }, "fieldPath");
const resourceFieldRef = object({ containerName: text, divisor: intOrString, resource: text }, "resource");
const keyRef = object({ key: text, name, optional: flag }, "key");
const sourceRef = object({ name, optional: flag });

const env = listOf(
  object(
    {
      name: text,
      value: text,
      valueFrom: object({
        configMapKeyRef: keyRef,
        secretKeyRef: keyRef,
        // What only a gate opens, the CRDs do not look into.
        fieldRef: free,
        resourceFieldRef: free,
      }),
    },
    "name",
  ),
  "name",
);
const header = object({ name: text, value: text }, "name", "value");
const probe = object({
  exec: object({ command: texts }),
  grpc: object({ port: int32, service: withDefault(text, "") }),
  httpGet: object({ host: text, httpHeaders: listOf(header), path: text, port: intOrString, scheme: text }),
  tcpSocket: object({ host: text, port: intOrString }),
  failureThreshold: int32,
  initialDelaySeconds: int32,
  periodSeconds: int32,
  successThreshold: int32,
  timeoutSeconds: int32,
});
const securityContext = object({
  allowPrivilegeEscalation: flag,
  capabilities: object({ add: texts, drop: texts }),
  privileged: flag,
  readOnlyRootFilesystem: flag,
  runAsGroup: int64,
  runAsNonRoot: flag,
  runAsUser: int64,
  seccompProfile: object({ type: text, localhostProfile: text }, "type"),
});

/** One entry of `containers`. */
export const containerSchema: Schema = object({
  args: about("Arguments of the entrypoint; the image's own when absent.", texts),
  command: about("The entrypoint; the image's own when absent.", texts),
  env: about("Environment variables. PORT and K_* are set by Knative.", env),
  envFrom: about(
    "ConfigMaps and Secrets whose every key becomes an environment variable.",
    listOf(object({ prefix: text, configMapRef: sourceRef, secretRef: sourceRef })),
  ),
  image: about("The image to run.", text),
  imagePullPolicy: text,
  livenessProbe: about("When it fails, the container is restarted.", probe),
  name: about("The container's name; Knative gives one when absent.", text),
  ports: about(
    "At most one port, which receives the requests; named h2c for HTTP/2 without TLS.",
    listOf(object({ containerPort: int32, name: text, protocol: withDefault(text, "TCP") })),
  ),
  readinessProbe: about("While it fails, the instance gets no requests.", probe),
  resources: about(
    "What the container asks for and may use at most.",
    object({ limits: quantities, requests: quantities }),
  ),
  securityContext,
  startupProbe: about("Until it succeeds, the other probes wait.", probe),
  terminationMessagePath: text,
  terminationMessagePolicy: text,
  volumeMounts: listOf(
    object({ mountPath: text, mountPropagation: text, name: text, readOnly: flag, subPath: text }, "mountPath", "name"),
    "mountPath",
  ),
  workingDir: text,
});

const items = listOf(object({ key: text, mode: int32, path: text }, "key", "path"));
const projection = object({ items, name, optional: flag });
const downwardItem = object({ fieldRef, mode: int32, path: text, resourceFieldRef }, "path");

/** One entry of `volumes`. */
export const volumeSchema: Schema = object(
  {
    name: text,
    configMap: object({ defaultMode: int32, items, name, optional: flag }),
    secret: object({ defaultMode: int32, items, optional: flag, secretName: text }),
    projected: object({
      defaultMode: int32,
      sources: listOf(
        object({
          configMap: projection,
          downwardAPI: object({ items: listOf(downwardItem) }),
          secret: projection,
          serviceAccountToken: object({ audience: text, expirationSeconds: int64, path: text }, "path"),
        }),
      ),
    }),
    csi: free,
    emptyDir: free,
    ephemeral: free,
    hostPath: free,
    image: free,
    persistentVolumeClaim: free,
  },
  "name",
);
