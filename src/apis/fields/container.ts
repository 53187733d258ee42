// Defines the fields of a container (core/v1).
import { embed, field, kept, list, notInCrd, pointer, required, type StructType, struct } from "./field.ts";
import { localObjectReference, resourceRequirements } from "./meta.ts";

const keySelector = (name: string): StructType =>
  struct(
    name,
    { ref: embed(localObjectReference), key: required("string"), optional: "*bool" },
    {
      atomic: true,
    },
  );
const envSource = (name: string): StructType =>
  struct(name, { ref: embed(localObjectReference), optional: "*bool" }, { atomic: true });

export const objectFieldSelector = struct(
  "ObjectFieldSelector",
  { apiVersion: "string", fieldPath: required("string") },
  { atomic: true },
);
export const resourceFieldSelector = struct(
  "ResourceFieldSelector",
  { containerName: "string", resource: required("string"), divisor: "quantity" },
  { atomic: true },
);
const envVarSource = struct("EnvVarSource", {
  fieldRef: field(pointer(objectFieldSelector), { crd: "free" }),
  resourceFieldRef: field(pointer(resourceFieldSelector), { crd: "free" }),
  configMapKeyRef: pointer(keySelector("ConfigMapKeySelector")),
  secretKeyRef: pointer(keySelector("SecretKeySelector")),
  fileKeyRef: notInCrd("*any"),
});
const envVar = struct("EnvVar", { name: required("string"), value: "string", valueFrom: pointer(envVarSource) });
const envFrom = struct("EnvFromSource", {
  prefix: "string",
  configMapRef: pointer(envSource("ConfigMapEnvSource")),
  secretRef: pointer(envSource("SecretEnvSource")),
});
const containerPort = struct("ContainerPort", {
  name: "string",
  hostPort: notInCrd("int32"),
  containerPort: kept("int32"),
  protocol: field("string", { default: "TCP" }),
  hostIP: notInCrd("string"),
});

const execAction = struct("ExecAction", { command: "[]string" });
const httpHeader = struct("HTTPHeader", { name: required("string"), value: required("string") });
const httpGetAction = struct("HTTPGetAction", {
  path: "string",
  port: kept("intOrString"),
  host: "string",
  scheme: "string",
  httpHeaders: list(httpHeader),
});
const tcpSocketAction = struct("TCPSocketAction", { port: kept("intOrString"), host: "string" });
const grpcAction = struct("GRPCAction", { port: kept("int32"), service: kept("*string", { default: "" }) });
const probeHandler = struct("ProbeHandler", {
  exec: pointer(execAction),
  httpGet: pointer(httpGetAction),
  tcpSocket: pointer(tcpSocketAction),
  grpc: pointer(grpcAction),
});
const probe = struct("Probe", {
  handler: embed(probeHandler),
  initialDelaySeconds: "int32",
  timeoutSeconds: "int32",
  periodSeconds: "int32",
  successThreshold: "int32",
  failureThreshold: "int32",
  terminationGracePeriodSeconds: notInCrd("*int64"),
});
const lifecycleHandler = struct("LifecycleHandler", {
  exec: pointer(execAction),
  httpGet: pointer(httpGetAction),
  tcpSocket: pointer(tcpSocketAction),
  sleep: pointer(struct("SleepAction", { seconds: kept("int64") })),
});
const lifecycle = struct("Lifecycle", {
  postStart: pointer(lifecycleHandler),
  preStop: pointer(lifecycleHandler),
  stopSignal: "*string",
});

export const seccompProfile = struct("SeccompProfile", { type: required("string"), localhostProfile: "*string" });
export const seLinuxOptions = struct("SELinuxOptions", {
  user: "string",
  role: "string",
  type: "string",
  level: "string",
});
export const windowsOptions = struct("WindowsSecurityContextOptions", {
  gmsaCredentialSpecName: "*string",
  gmsaCredentialSpec: "*string",
  runAsUserName: "*string",
  hostProcess: "*bool",
});
export const appArmorProfile = struct("AppArmorProfile", { type: kept("string"), localhostProfile: "*string" });
const securityContext = struct(
  "SecurityContext",
  {
    capabilities: pointer(struct("Capabilities", { add: "[]string", drop: "[]string" })),
    privileged: "*bool",
    seLinuxOptions: notInCrd(pointer(seLinuxOptions)),
    windowsOptions: notInCrd(pointer(windowsOptions)),
    runAsUser: "*int64",
    runAsGroup: "*int64",
    runAsNonRoot: "*bool",
    readOnlyRootFilesystem: "*bool",
    allowPrivilegeEscalation: "*bool",
    procMount: notInCrd("*string"),
    seccompProfile: pointer(seccompProfile),
    appArmorProfile: notInCrd(pointer(appArmorProfile)),
  },
  {
    printed: (
      "capabilities privileged seLinuxOptions runAsUser runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation " +
      "runAsGroup procMount windowsOptions seccompProfile appArmorProfile"
    ).split(" "),
  },
);

const volumeMount = struct("VolumeMount", {
  name: required("string"),
  readOnly: "bool",
  recursiveReadOnly: notInCrd("*string"),
  mountPath: required("string"),
  subPath: "string",
  mountPropagation: "*string",
  subPathExpr: notInCrd("string"),
});
const resizePolicy = struct("ContainerResizePolicy", { resourceName: kept("string"), restartPolicy: kept("string") });
const exitCodes = struct("ContainerRestartRuleOnExitCodes", { operator: "string", values: "[]int32" });
const restartRule = struct("ContainerRestartRule", { action: "string", exitCodes: pointer(exitCodes) });
const volumeDevice = struct("VolumeDevice", { name: kept("string"), devicePath: kept("string") });

/** One item of `containers`. */
export const container = struct("Container", {
  name: kept("string", { about: "The container's name. Knative sets one if it is absent." }),
  image: field("string", { about: "The image to run." }),
  command: field("[]string", { about: "The entrypoint. Default: the entrypoint of the image." }),
  args: field("[]string", { about: "Arguments of the entrypoint. Default: the arguments of the image." }),
  workingDir: "string",
  ports: field(list(containerPort), {
    about: "The port that receives requests; at most one. The name h2c selects HTTP/2 without TLS.",
    mergeKey: "containerPort",
    mapKeys: ["containerPort", "protocol"],
    crd: "unkeyed",
  }),
  envFrom: field(list(envFrom), {
    about: "ConfigMaps and Secrets. Each of their keys becomes an environment variable.",
  }),
  env: field(list(envVar), { about: "Environment variables. Knative sets PORT and K_*.", mergeKey: "name" }),
  resources: field(resourceRequirements, { about: "The resources that the container requests, and their limits." }),
  resizePolicy: notInCrd(list(resizePolicy)),
  restartPolicy: notInCrd("*string"),
  restartPolicyRules: notInCrd(list(restartRule)),
  volumeMounts: field(list(volumeMount), { mergeKey: "mountPath" }),
  volumeDevices: notInCrd(list(volumeDevice), { mergeKey: "devicePath" }),
  livenessProbe: field(pointer(probe), { about: "The container restarts if this probe fails." }),
  readinessProbe: field(pointer(probe), { about: "The instance gets no requests while this probe fails." }),
  startupProbe: field(pointer(probe), { about: "The other probes start when this probe has succeeded." }),
  lifecycle: notInCrd(pointer(lifecycle)),
  terminationMessagePath: "string",
  terminationMessagePolicy: "string",
  imagePullPolicy: "string",
  securityContext: pointer(securityContext),
  stdin: notInCrd("bool"),
  stdinOnce: notInCrd("bool"),
  tty: notInCrd("bool"),
});
