// Warns of references that only a cluster or a cloud can resolve: Revisions in traffic, and names of Secrets that
// Kubernetes does not allow.
import { keyOf, keyText } from "../apis/meta/key.ts";
import { dns1123SubdomainErrors } from "../apis/meta/names.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { ManifestObject } from "./read-manifest.ts";
import { mapSecretNames, pinnedTraffic } from "./rewrite.ts";

const diagnosticAt = ({ file, locate }: ManifestObject, path: string, message: string, fix: string): Diagnostic => ({
  severity: "warning",
  message,
  file,
  ...locate(path),
  path,
  fix,
});

/** Warns of traffic to Revisions that these files do not create. */
export function unknownRevisions(objects: readonly ManifestObject[]): readonly Diagnostic[] {
  const known = revisionNames(objects.map(({ object }) => object));
  return objects.flatMap((item) =>
    (pinnedTraffic(item.object) ?? []).flatMap(({ revisionName }, at) => {
      if (!revisionName || known.has(`${item.object.metadata.namespace}/${revisionName}`)) return [];
      const message = `these files create no Revision "${revisionName}"; its requests fail until it exists`;
      const fix = "--traffic latest (or traffic: latest in knap.yaml) sends all requests to the latest Revision";
      return [diagnosticAt(item, `spec.traffic[${at}].revisionName`, message, fix)];
    }),
  );
}

/** Returns `namespace/name` of the Revisions that the files create when they are applied for the first time. */
function revisionNames(objects: readonly AnyObject[]): ReadonlySet<string> {
  const applied = new Map<string, number>();
  return new Set(
    objects.flatMap((object) => {
      const { name, namespace } = object.metadata;
      if (object.kind === "Revision") return [`${namespace}/${name}`];
      if (object.kind !== "Service" && object.kind !== "Configuration") return [];
      const key = keyText(keyOf(object));
      const generation = (applied.get(key) ?? 0) + 1;
      applied.set(key, generation);
      const { template } = (object as Service).spec ?? {};
      const generated = `${name}-${String(generation).padStart(5, "0")}`;
      return [`${namespace}/${template?.metadata?.name ?? generated}`];
    }),
  );
}

/** Warns of references to Secrets whose name Kubernetes does not allow, and of Secrets with such a name. */
export function impossibleSecrets(item: ManifestObject): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const check = (name: string, path: string): string => {
    if (dns1123SubdomainErrors(name).length > 0) {
      const message = `Kubernetes allows no Secret with the name "${name}"`;
      found.push(diagnosticAt(item, path, message, secretNameFix(name, "FILE")));
    }
    return name;
  };
  if (item.object.apiVersion.startsWith("serving.knative.dev/")) mapSecretNames(item.object, check);
  return found;
}

/**
 * Returns how knap.yaml gives a Secret a name that Kubernetes allows. Without `from`, a document defines the Secret.
 */
export function secretNameFix(name: string, from?: string): string {
  const allowed = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[-.]+/, "");
  return `in knap.yaml: secrets: { ${name}: { ${from === undefined ? "" : `from: ${from}, `}as: ${allowed || "my-secret"} } }`;
}
