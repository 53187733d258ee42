// Writes the built image, or the source hash of a process, into a Service's template. Pure.
import { servingContainer } from "../apis/core/pod.ts";
import type { Service } from "../apis/serving/types.ts";

/** The image of the user's file. The template contains the built image instead. */
const IMAGE_ANNOTATION = "knap.dev/image";
/** Hash of a process's sources. A new hash makes a new revision. */
const SOURCE_HASH_ANNOTATION = "knap.dev/source-hash";

/** What a rebuild or restart changes in the template. */
export interface TemplateChange {
  readonly image?: string;
  readonly sourceHash?: string;
}

/** Returns the Service with the change in its template. The user's other fields stay. */
export function withTemplateChange(service: Service, { image, sourceHash }: TemplateChange): Service {
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

/** Adds a suffix to a template name that the user chose, because a revision name cannot be used twice. */
export function withFreshName(service: Service, suffix: string): Service {
  const name = service.spec.template.metadata?.name;
  if (name === undefined) return service;
  const template = {
    ...service.spec.template,
    metadata: { ...service.spec.template.metadata, name: `${name}-${suffix}` },
  };
  return { ...service, spec: { ...service.spec, template } };
}
