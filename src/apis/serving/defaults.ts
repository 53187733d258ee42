// Sets Knative's defaults on objects of its serving kinds. Objects have the form that decode() returns (go/decode.ts).
// Source: pkg/apis/serving/v1/*_defaults.go, pkg/apis/serving/metadata_validation.go.

import { defaultPodAutoscaler } from "../autoscaling/pod-autoscaler-defaults.ts";
import type { PodAutoscaler } from "../autoscaling/types.ts";
import type { ServingConfig } from "../config/types.ts";
import type { Container } from "../core/pod-spec.ts";
import type { AnyObject, ObjectMeta } from "../meta/object.ts";
import { sameValue } from "../meta/same-value.ts";
import { defaultedContainer, namedContainers, securedContainer } from "./defaults-container.ts";
import { CREATOR_ANNOTATION, LAST_MODIFIER_ANNOTATION } from "./labels.ts";
import type {
  Configuration,
  DomainMapping,
  Revision,
  RevisionSpec,
  RevisionTemplate,
  Route,
  Service,
  TrafficTarget,
} from "./types.ts";

export interface DefaultingContext {
  readonly config: ServingConfig;
  /** Absent outside of a write: when a reconciler sets defaults, or the webhook sets them on the stored object. */
  readonly operation?: "create" | "update";
  /** The stored object with its defaults. */
  readonly old?: AnyObject;
  /** The writer, for the creator and lastModifier annotations. If absent, they are not set. */
  readonly user?: string;
}

/** Returns the object with Knative's defaults. Kinds without defaults are returned unchanged. */
export function setDefaults(object: AnyObject, context: DefaultingContext): AnyObject {
  switch (object.kind) {
    case "Service":
      return withUser(defaultService(object as Service, context), context);
    case "Configuration": {
      const configuration = object as Configuration;
      const template = defaultTemplate(configuration.spec.template, configuration.metadata, context);
      return withUser({ ...configuration, spec: { ...configuration.spec, template } }, context, "unless owned");
    }
    case "Route":
      return withUser(defaultRoute(object as Route), context, "unless owned");
    case "Revision": {
      const revision = object as Revision;
      if (context.operation === "update") return revision;
      return { ...revision, spec: defaultRevisionSpec(revision.spec, {}, context) };
    }
    case "DomainMapping":
      return withUser(defaultDomainMapping(object as DomainMapping), context);
    case "PodAutoscaler":
      return defaultPodAutoscaler(object as PodAutoscaler, context.config.autoscaler);
    default:
      return object;
  }
}

function defaultService(service: Service, context: DefaultingContext): Service {
  const traffic = service.spec.traffic ?? [];
  return {
    ...service,
    spec: {
      ...service.spec,
      template: defaultTemplate(service.spec.template, service.metadata, context),
      traffic: traffic.length === 0 ? [{ latestRevision: true, percent: 100 }] : traffic.map(defaultTarget),
    },
  };
}

function defaultRoute(route: Route): Route {
  const { traffic } = route.spec;
  return traffic === undefined ? route : { ...route, spec: { ...route.spec, traffic: traffic.map(defaultTarget) } };
}

function defaultTarget(target: TrafficTarget): TrafficTarget {
  return { ...target, latestRevision: target.latestRevision ?? !target.revisionName, percent: target.percent ?? 0 };
}

function defaultDomainMapping(mapping: DomainMapping): DomainMapping {
  const { ref } = mapping.spec;
  const namespace = ref.namespace || mapping.metadata.namespace;
  return { ...mapping, spec: { ...mapping.spec, ref: { ...ref, ...(namespace ? { namespace } : {}) } } };
}

function defaultTemplate(template: RevisionTemplate, parent: ObjectMeta, context: DefaultingContext): RevisionTemplate {
  const name = template.metadata?.name ?? "";
  const previous = (context.old as Configuration | undefined)?.spec.template.metadata?.name;
  // A named Revision is immutable, so defaulting must not change its template.
  if (context.operation === "update" && name !== "" && name === previous) return template;
  return { ...template, spec: defaultRevisionSpec(template.spec, parent, context) };
}

/** `parent`: the metadata that the container name template of config-defaults can refer to. */
function defaultRevisionSpec(
  spec: RevisionSpec,
  parent: Partial<ObjectMeta>,
  { config, operation }: DefaultingContext,
): RevisionSpec {
  const { defaults, features } = config;
  const timeoutSeconds = spec.timeoutSeconds || defaults.revisionTimeoutSeconds;
  const fallback = (given: number | undefined, otherwise: number): number | undefined =>
    given ?? (otherwise !== 0 && otherwise < timeoutSeconds ? otherwise : undefined);
  const idle = fallback(spec.idleTimeoutSeconds, defaults.revisionIdleTimeoutSeconds);
  const start = fallback(spec.responseStartTimeoutSeconds, defaults.revisionResponseStartTimeoutSeconds);
  const { containers, initContainers } = namedContainers(spec, parent, defaults);
  const secured = (container: Container): Container =>
    securedContainer(container, spec.securityContext, features.securePodDefaults);
  // Knative sets enableServiceLinks in a loop over the containers, so a spec without containers gets no default.
  const setsLinks = operation === "create" && containers.length > 0;
  const links = spec.enableServiceLinks ?? (setsLinks ? defaults.enableServiceLinks : undefined);
  return {
    ...spec,
    timeoutSeconds,
    ...(idle === undefined ? {} : { idleTimeoutSeconds: idle }),
    ...(start === undefined ? {} : { responseStartTimeoutSeconds: start }),
    containerConcurrency: spec.containerConcurrency ?? defaults.containerConcurrency,
    ...(spec.containers
      ? {
          containers: containers.map((container) =>
            secured(defaultedContainer(container, containers.length === 1, spec.volumes ?? [], defaults)),
          ),
        }
      : {}),
    ...(initContainers.length > 0 ? { initContainers: initContainers.map(secured) } : {}),
    ...(links === undefined ? {} : { enableServiceLinks: links }),
  };
}

function withUser<T extends AnyObject>(object: T, context: DefaultingContext, when?: "unless owned"): T {
  const { operation, user, old } = context;
  if (user === undefined || operation === undefined) return object;
  if (when === "unless owned" && object.metadata.ownerReferences) return object;
  const isChanged = operation === "create" || !sameValue(old?.spec, object.spec);
  if (!isChanged) return object;
  const annotations = {
    ...object.metadata.annotations,
    ...(operation === "create" ? { [CREATOR_ANNOTATION]: user } : {}),
    [LAST_MODIFIER_ANNOTATION]: user,
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
