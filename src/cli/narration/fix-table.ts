// What to do about the reasons that Services and pods fail with. Pure data.

const fixes: Readonly<Record<string, string>> = {
  ContainerMissing: "build or pull the image, or give the Service a `build:` or `command:` in knap.yaml",
  ImagePullBackOff: "check the image's name and your registry login, or build it here with `build:` in knap.yaml",
  ErrImagePull: "check the image's name and your registry login, or build it here with `build:` in knap.yaml",
  LoopbackOnly: "bind 0.0.0.0 instead of 127.0.0.1, or use --runtime process",
  PortMismatch: "listen on the port in the variable PORT, or use Docker",
  ProgressDeadlineExceeded: "see what it writes with `knap logs`; it must listen on PORT and pass its readiness probe",
  CrashLoopBackOff: "see why it exits with `knap logs`",
  Unschedulable: "raise --max-pods, or lower the Service's max-scale",
  CreateContainerConfigError: "the ConfigMap or Secret that it names must be among the files",
  DomainAlreadyClaimed:
    'give knative-serving\'s ConfigMap config-network `autocreate-cluster-domain-claims: "true"` (in knap.yaml: `config: { network: … }`), or apply a ClusterDomainClaim',
  StopTimeout: "handle SIGTERM in the process that is number 1 of the container",
};

const LOGIN = "log in to its registry with `docker login`, or name a pull secret; if it is public, check its name";
/** How registries and engines say that somebody is not let in. */
const NOT_LET_IN =
  /no basic auth credentials|unauthorized|authentication required|access (to the resource )?(is )?denied/i;
const OF_IMAGES: ReadonlySet<string> = new Set(["ContainerMissing", "ImagePullBackOff", "ErrImagePull"]);

/** What to do about a reason; undefined where the message says it all. */
export function fixOf(reason: string, message: string): string | undefined {
  // The image is not to blame, and the message says what is.
  if (/no space left on device/i.test(message)) return undefined;
  if (OF_IMAGES.has(reason) && NOT_LET_IN.test(message)) return LOGIN;
  return /^ExitCode\d+$/.test(reason) ? "see why it exits with `knap logs`" : fixes[reason];
}
