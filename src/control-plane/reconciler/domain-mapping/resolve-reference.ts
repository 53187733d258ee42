// What a DomainMapping points at: the address of its reference, which must be a Service of the same namespace.
// Source: pkg/reconciler/domainmapping/reconciler.go, knative.dev/pkg/resolver/addressable_resolver.go.
import { type Kind, resources } from "../../../apis/kinds.ts";
import type { AnyObject, Stored } from "../../../apis/meta/object.ts";
import type { Addressable, DomainMapping } from "../../../apis/serving/types.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import type { World } from "../../controller/reconciler.ts";
import { clusterHost } from "../route/domains.ts";
import type { DomainTarget } from "./make-domain-ingress.ts";

/** Why there is no target: `because` goes into the condition, `error` to the log. */
export interface Unresolved {
  readonly because: string;
  readonly error: string;
}

/** The target of the reference. */
export function resolveReference(mapping: Stored<DomainMapping>, world: World): DomainTarget | Unresolved {
  const namespace = mapping.metadata.namespace;
  const address = addressOf(mapping, world);
  if (!address.ok) return { because: address.error, error: `resolving reference: ${address.error}` };
  const [, , host = "", ...path] = address.value.split("/");
  const refused = (why: string): Unresolved => {
    const error = `resolved URI "${address.value}" ${why}`;
    return { because: error, error };
  };
  if (path.join("/").replace(/\/$/, "") !== "") return refused("contains a path");
  const [service = "", itsNamespace = ""] = host.split(".");
  if (host !== clusterHost(service, itsNamespace, world.config)) {
    return refused(`must be of the form ${clusterHost("{name}", "{namespace}", world.config)}`);
  }
  return itsNamespace === namespace ? { host, service } : refused("must be in same namespace as DomainMapping");
}

function addressOf(mapping: Stored<DomainMapping>, world: World): Result<string> {
  const { kind = "", name = "", apiVersion = "", group = "" } = mapping.spec.ref;
  const namespace = mapping.spec.ref.namespace || mapping.metadata.namespace;
  const itsGroup = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : group;
  const resource = resources.find((known) => known.name === kind && known.group === itsGroup);
  const plural = resource?.plural ?? `${kind.toLowerCase()}s`;
  const found = resource && (world.get(resource.kind as Kind, namespace, name) as AnyObject | undefined);
  if (!found) {
    const qualified = itsGroup === "" ? plural : `${plural}.${itsGroup}`;
    return failed(`failed to get object ${namespace}/${name}: ${qualified} "${name}" not found`);
  }
  if (resource.kind === "Service") return ok(`http://${clusterHost(name, namespace, world.config)}`);
  const url = (found.status as { readonly address?: Addressable } | undefined)?.address?.url;
  if (url) return ok(url);
  const reference = Object.entries({
    Kind: kind,
    Namespace: namespace,
    Name: name,
    APIVersion: apiVersion,
    Group: group,
    Address: mapping.spec.ref.address ?? "",
  });
  return failed(`address not set for ${reference.map(([field, value]) => `${field} = ${value}`).join(", ")}`);
}
