// Go's Container and what hangs on it (core/v1), as the decoder and the differ need it.
import { embed, keep, list, map, ptr, struct } from "./go-type.ts";

const localObjectReference = struct("LocalObjectReference", { name: "string" });
const keySelector = (name: string) =>
  struct(name, { ref: embed(localObjectReference), key: keep("string"), optional: ptr("bool") });
const envSource = (name: string) => struct(name, { ref: embed(localObjectReference), optional: ptr("bool") });

export const objectFieldSelector = struct("ObjectFieldSelector", { apiVersion: "string", fieldPath: keep("string") });
export const resourceFieldSelector = struct("ResourceFieldSelector", {
  containerName: "string",
  resource: keep("string"),
  divisor: "quantity",
});
const envVar = struct("EnvVar", {
  name: keep("string"),
  value: "string",
  valueFrom: ptr(
    struct("EnvVarSource", {
      fieldRef: ptr(objectFieldSelector),
      resourceFieldRef: ptr(resourceFieldSelector),
      configMapKeyRef: ptr(keySelector("ConfigMapKeySelector")),
      secretKeyRef: ptr(keySelector("SecretKeySelector")),
      fileKeyRef: ptr("any"),
    }),
  ),
});
const envFrom = struct("EnvFromSource", {
  prefix: "string",
  configMapRef: ptr(envSource("ConfigMapEnvSource")),
  secretRef: ptr(envSource("SecretEnvSource")),
});
const containerPort = struct("ContainerPort", {
  name: "string",
  hostPort: "int32",
  containerPort: keep("int32"),
  protocol: "string",
  hostIP: "string",
});
export const resourceRequirements = struct("ResourceRequirements", {
  limits: map("quantity"),
  requests: map("quantity"),
  claims: list(struct("ResourceClaim", { name: keep("string"), request: "string" })),
});
const execAction = struct("ExecAction", { command: list("string") });
const httpGetAction = struct("HTTPGetAction", {
  path: "string",
  port: keep("intOrString"),
  host: "string",
  scheme: "string",
  httpHeaders: list(struct("HTTPHeader", { name: keep("string"), value: keep("string") })),
});
const tcpSocketAction = struct("TCPSocketAction", { port: keep("intOrString"), host: "string" });
const grpcAction = struct("GRPCAction", { port: keep("int32"), service: keep(ptr("string")) });
const probeHandler = struct("ProbeHandler", {
  exec: ptr(execAction),
  httpGet: ptr(httpGetAction),
  tcpSocket: ptr(tcpSocketAction),
  grpc: ptr(grpcAction),
});
const probe = struct("Probe", {
  handler: embed(probeHandler),
  initialDelaySeconds: "int32",
  timeoutSeconds: "int32",
  periodSeconds: "int32",
  successThreshold: "int32",
  failureThreshold: "int32",
  terminationGracePeriodSeconds: ptr("int64"),
});
const lifecycleHandler = struct("LifecycleHandler", {
  exec: ptr(execAction),
  httpGet: ptr(httpGetAction),
  tcpSocket: ptr(tcpSocketAction),
  sleep: ptr(struct("SleepAction", { seconds: keep("int64") })),
});
export const seccompProfile = struct("SeccompProfile", { type: keep("string"), localhostProfile: ptr("string") });
export const seLinuxOptions = struct("SELinuxOptions", {
  user: "string",
  role: "string",
  type: "string",
  level: "string",
});
export const windowsOptions = struct("WindowsSecurityContextOptions", {
  gmsaCredentialSpecName: ptr("string"),
  gmsaCredentialSpec: ptr("string"),
  runAsUserName: ptr("string"),
  hostProcess: ptr("bool"),
});
export const appArmorProfile = struct("AppArmorProfile", { type: keep("string"), localhostProfile: ptr("string") });
const securityContext = struct(
  "SecurityContext",
  {
    capabilities: ptr(struct("Capabilities", { add: list("string"), drop: list("string") })),
    privileged: ptr("bool"),
    seLinuxOptions: ptr(seLinuxOptions),
    windowsOptions: ptr(windowsOptions),
    runAsUser: ptr("int64"),
    runAsGroup: ptr("int64"),
    runAsNonRoot: ptr("bool"),
    readOnlyRootFilesystem: ptr("bool"),
    allowPrivilegeEscalation: ptr("bool"),
    procMount: ptr("string"),
    seccompProfile: ptr(seccompProfile),
    appArmorProfile: ptr(appArmorProfile),
  },
  [
    "capabilities",
    "privileged",
    "seLinuxOptions",
    "runAsUser",
    "runAsNonRoot",
    "readOnlyRootFilesystem",
    "allowPrivilegeEscalation",
    "runAsGroup",
    "procMount",
    "windowsOptions",
    "seccompProfile",
    "appArmorProfile",
  ],
);
const volumeMount = struct("VolumeMount", {
  name: keep("string"),
  readOnly: "bool",
  recursiveReadOnly: ptr("string"),
  mountPath: keep("string"),
  subPath: "string",
  mountPropagation: ptr("string"),
  subPathExpr: "string",
});

export const container = struct("Container", {
  name: keep("string"),
  image: "string",
  command: list("string"),
  args: list("string"),
  workingDir: "string",
  ports: list(containerPort),
  envFrom: list(envFrom),
  env: list(envVar),
  resources: resourceRequirements,
  resizePolicy: list(struct("ContainerResizePolicy", { resourceName: keep("string"), restartPolicy: keep("string") })),
  restartPolicy: ptr("string"),
  restartPolicyRules: list(
    struct("ContainerRestartRule", {
      action: "string",
      exitCodes: ptr(struct("ContainerRestartRuleOnExitCodes", { operator: "string", values: list("int32") })),
    }),
  ),
  volumeMounts: list(volumeMount),
  volumeDevices: list(struct("VolumeDevice", { name: keep("string"), devicePath: keep("string") })),
  livenessProbe: ptr(probe),
  readinessProbe: ptr(probe),
  startupProbe: ptr(probe),
  lifecycle: ptr(
    struct("Lifecycle", {
      postStart: ptr(lifecycleHandler),
      preStop: ptr(lifecycleHandler),
      stopSignal: ptr("string"),
    }),
  ),
  terminationMessagePath: "string",
  terminationMessagePolicy: "string",
  imagePullPolicy: "string",
  securityContext: ptr(securityContext),
  stdin: "bool",
  stdinOnce: "bool",
  tty: "bool",
});
