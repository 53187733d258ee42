// What dev writes into a Service's template before applying it: the built image, or the hash of the sources that a process runs. Pure.
import { servingContainer } from "../apis/core/pod.ts";
import type { Service } from "../apis/serving/types.ts";

/** The image as the user's file has it, while a built one stands in its place. */
const IMAGE_ANNOTATION = "knap.dev/image";
/** Of the sources that a process was started from: a new hash is a new revision. */
const SOURCE_HASH_ANNOTATION = "knap.dev/source-hash";

/** What a rebuild or restart changed. */
export interface Deployed {
  readonly image?: string;
  readonly sourceHash?: string;
}

/** The Service with its template changed accordingly; everything else is the user's and stays. */
export function withDeployed(service: Service, { image, sourceHash }: Deployed): Service {
  if (image === undefined && sourceHash === undefined) return service;
  const { template } = service.spec;
  const serving = servingContainer(template.spec.containers);
  const userImage = serving?.image;
  const annotations = {
    ...template.metadata?.annotations,
    ...(image !== undefined && userImage !== undefined && { [IMAGE_ANNOTATION]: userImage }),
    ...(sourceHash !== undefined && { [SOURCE_HASH_ANNOTATION]: sourceHash }),
  };
  const containers = template.spec.containers.map((container) =>
    image !== undefined && container === serving ? { ...container, image } : container,
  );
  const changed = {
    ...template,
    metadata: { ...template.metadata, annotations },
    spec: { ...template.spec, containers },
  };
  return { ...service, spec: { ...service.spec, template: changed } };
}

/** A template name that the user chose cannot be given twice: with new sources it gets a suffix of its own. */
export function withFreshName(service: Service, suffix: string): Service {
  const name = service.spec.template.metadata?.name;
  if (name === undefined) return service;
  const template = {
    ...service.spec.template,
    metadata: { ...service.spec.template.metadata, name: `${name}-${suffix}` },
  };
  return { ...service, spec: { ...service.spec, template } };
}
