// Which lists of built-in kinds a strategic merge patch joins instead of replacing, and by which field their items are known. Data only.

/** Items are texts: each is there once. */
export const SET = Symbol("set");
export type MergeKey = string | typeof SET;

const metadata: Readonly<Record<string, MergeKey>> = { ownerReferences: "uid", finalizers: SET };
const container: Readonly<Record<string, MergeKey>> = {
  ports: "containerPort",
  env: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
};
const podSpec: Readonly<Record<string, MergeKey>> = {
  volumes: "name",
  imagePullSecrets: "name",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
  schedulingGates: "name",
  resourceClaims: "name",
  ...Object.fromEntries(
    ["containers", "initContainers", "ephemeralContainers"].flatMap((list) => [
      [list, "name"],
      ...Object.entries(container).map(([name, key]) => [`${list}.${name}`, key] as const),
    ]),
  ),
};

const under = (path: string, keys: Readonly<Record<string, MergeKey>>): readonly (readonly [string, MergeKey])[] =>
  Object.entries(keys).map(([name, key]) => [`${path}.${name}`, key] as const);

/**
 * Path of a list, without places in it → its items' key (patchMergeKey in k8s.io/api's types). No two built-in kinds that
 * knap holds mean different things by one path.
 */
export const mergeKeys: ReadonlyMap<string, MergeKey> = new Map<string, MergeKey>([
  ...under("metadata", metadata),
  // of a Pod, and of a Deployment's template
  ...under("spec", podSpec),
  ...under("spec.template.metadata", metadata),
  ...under("spec.template.spec", podSpec),
  // of a Service, a ServiceAccount (its imagePullSecrets are replaced), a Node
  ["spec.ports", "port"],
  ["secrets", "name"],
  ["spec.podCIDRs", SET],
  ...under("status", { conditions: "type", podIPs: "ip", hostIPs: "ip", addresses: "type" }),
]);
