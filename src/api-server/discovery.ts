// Makes the discovery documents: group lists, resource lists, and both in one document (aggregated discovery).

import { apiResources, apiVersionOf, type Resource } from "../apis/kinds.ts";
import { headerValue } from "../data-plane/http/headers.ts";
import type { ApiRequest } from "./api-answer.ts";

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const READ_VERBS = ["get", "list", "watch"];
const REVIEW_VERBS = ["create"];
/** The verbs of a resource. Namespaces have no deletecollection. */
const verbsOf = (resource: Resource): readonly string[] => {
  if (resource.access !== "readWrite") return resource.access === "readOnly" ? READ_VERBS : REVIEW_VERBS;
  return resource.kind === "Namespace" ? VERBS.filter((verb) => verb !== "deletecollection") : VERBS;
};
const STATUS_VERBS = ["get", "patch", "update"];
const SCALE: Subresource = {
  name: "scale",
  kind: "Scale",
  group: "autoscaling",
  version: "v1",
  verbs: STATUS_VERBS,
};
const STREAM_VERBS = ["create", "get"];
const POD_SUBRESOURCES: readonly Subresource[] = [
  { name: "attach", kind: "PodAttachOptions", verbs: STREAM_VERBS },
  { name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] },
  { name: "exec", kind: "PodExecOptions", verbs: STREAM_VERBS },
  { name: "log", verbs: ["get"] },
  { name: "portforward", kind: "PodPortForwardOptions", verbs: STREAM_VERBS },
  { name: "proxy", kind: "PodProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
];

/** The Kubernetes version of the API libraries that Knative uses. */
export const kubernetesVersion = {
  major: "1",
  minor: "35",
  gitVersion: "v1.35.0+knap",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
};

/** Group → its versions, the preferred version first. */
function groups(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { group, version } of apiResources) {
    const versions = found.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    found.set(group, versions);
  }
  return found;
}

function apiGroup(name: string, versions: readonly string[]): object {
  const listed = versions.map((version) => ({ groupVersion: apiVersionOf({ group: name, version }), version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

function resourceList(group: string, version: string): object | undefined {
  const found = apiResources.filter((resource) => resource.group === group && resource.version === version);
  if (found.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version }),
    resources: found.flatMap((resource) => [
      listed(resource),
      ...subresourcesOf(resource).map((sub) => subListed(resource, sub)),
    ]),
  };
}

function listed(resource: Resource): object {
  const { plural, singular, namespaced, name, shortNames, categories } = resource;
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind: name,
    verbs: verbsOf(resource),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
}

interface Subresource {
  readonly name: string;
  /** Default: the resource's kind, group and version. */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}
function subresourcesOf(resource: Resource): readonly Subresource[] {
  return [
    ...(resource.statusSubresource ? [{ name: "status", verbs: STATUS_VERBS }] : []),
    ...(resource.kind === "Deployment.apps" ? [SCALE] : []),
    ...(resource.kind === "Pod" ? POD_SUBRESOURCES : []),
  ];
}
function subListed({ plural, namespaced, name: ofResource }: Resource, sub: Subresource): object {
  const { name, kind = ofResource, ...others } = sub;
  return { name: `${plural}/${name}`, singularName: "", namespaced, kind, ...others };
}

const AGGREGATED = /as=APIGroupDiscoveryList/;

/** Returns the discovery document of a path; undefined for other paths. */
export function discover(request: ApiRequest): { readonly body: unknown; readonly contentType?: string } | undefined {
  const parts = request.path.split("/").filter((part) => part !== "");
  const wanted = (headerValue(request.headers, "accept") ?? "").split(",").find((type) => AGGREGATED.test(type));
  const [root, group, groupsVersion] = parts;
  if (root === "api") {
    if (parts.length === 1) return wanted ? aggregated(wanted, [""]) : { body: coreVersions };
    const body = parts.length === 2 ? resourceList("", group ?? "") : undefined;
    return body ? { body } : undefined;
  }
  if (root !== "apis") return undefined;
  const others = [...groups()].filter(([name]) => name !== "");
  if (parts.length === 1) {
    const list = { kind: "APIGroupList", apiVersion: "v1", groups: others.map(([name, all]) => apiGroup(name, all)) };
    const names = others.map(([name]) => name);
    return wanted ? aggregated(wanted, names) : { body: list };
  }
  const versions = groups().get(group ?? "");
  if (!group || !versions) return undefined;
  if (parts.length === 2) return { body: { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group, versions) } };
  const body = parts.length === 3 ? resourceList(group, groupsVersion ?? "") : undefined;
  return body ? { body } : undefined;
}

const coreVersions = { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };

function aggregated(
  wanted: string,
  names: readonly string[],
): { readonly body: unknown; readonly contentType: string } {
  const version = wanted.includes("v=v2beta1") ? "v2beta1" : "v2";
  const items = names.map((name) => ({
    metadata: { name, creationTimestamp: null },
    versions: (groups().get(name) ?? []).map((each) => ({
      version: each,
      freshness: "Current",
      resources: apiResources
        .filter((resource) => resource.group === name && resource.version === each)
        .map((resource) => aggregatedResource(resource)),
    })),
  }));
  return {
    body: { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items },
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
  };
}

function aggregatedResource(resource: Resource): object {
  const { group, version, name, plural, singular, namespaced, shortNames, categories } = resource;
  const responseKind = { group, version, kind: name };
  const subresources = subresourcesOf(resource).map((sub) => ({
    subresource: sub.name,
    responseKind: { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind ?? name },
    verbs: sub.verbs,
  }));
  return {
    resource: plural,
    responseKind,
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: verbsOf(resource),
    shortNames,
    categories,
    subresources,
  };
}
