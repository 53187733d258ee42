// Which names a session's DNS answers itself: those of core Services that exist now, and the public names of its routes. Pure; it asks nobody.
import { CLUSTER_DOMAIN } from "../../apis/config/serving-config.ts";

/** What exists at this moment. */
export interface ClusterNames {
  hasService(namespace: string, name: string): boolean;
  /** Whether a route serves this host to the outside. */
  isPublicHost(host: string): boolean;
}

/** `here`: the gateway's address. `nobody`: no such name. `elsewhere`: not ours to answer. */
export type Whereabouts = "here" | "nobody" | "elsewhere";

const SERVICES = `svc.${CLUSTER_DOMAIN}`;

/**
 * Where a name (lower case, no dot at its end) leads. Below the cluster's domain nothing but `<service>.<namespace>.svc.cluster.local` is a name: shorter
 * forms become it by the search list of each container, which goes on only when a name is refused.
 */
export function locate(name: string, names: ClusterNames): Whereabouts {
  if (name === CLUSTER_DOMAIN || name.endsWith(`.${CLUSTER_DOMAIN}`)) {
    const [service = "", namespace = "", ...rest] = name.split(".");
    return rest.join(".") === SERVICES && names.hasService(namespace, service) ? "here" : "nobody";
  }
  return names.isPublicHost(name) ? "here" : "elsewhere";
}
