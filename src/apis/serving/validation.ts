// Validates objects of Knative's serving kinds. Objects have the form that decode() returns (go/decode.ts).
// Source: pkg/apis/serving/v1/*_validation.go, pkg/apis/serving/v1beta1/domainmapping_validation.go.

import { validateAutoscalingAnnotations } from "../autoscaling/annotation-validation.ts";
import type { ServingConfig } from "../config/types.ts";
import { revisionSpec, revisionTemplate } from "../fields/serving.ts";
import { diffText } from "../go/diff.ts";
import { disallowed, type Findings, finding, missing, none, outOfBounds, via } from "../meta/field-error.ts";
import { domainNameError } from "../meta/names.ts";
import type { AnyObject, ObjectMeta } from "../meta/object.ts";
import { CONFIGURATION_LABEL, SERVICE_LABEL } from "./labels.ts";
import type {
  Configuration,
  DomainMapping,
  Revision,
  RevisionSpec,
  RevisionTemplate,
  Route,
  Service,
} from "./types.ts";
import {
  validateCreatorAndModifier,
  validateName,
  validateNetworking,
  validateNoAutoscaling,
  validateOwnerLabel,
  validateProgressDeadline,
  validateQueueSidecar,
  validateRevisionName,
  validateRollout,
} from "./validation-metadata.ts";
import { validatePodSpec } from "./validation-pod.ts";
import { validateTraffic } from "./validation-traffic.ts";

export interface ValidationContext {
  readonly config: ServingConfig;
  /** The stored object, in updates. */
  readonly old?: AnyObject;
  readonly isStatusUpdate?: boolean;
}

/** Returns errors and warnings; none for kinds that Knative does not validate. */
export function validateObject(object: AnyObject, context: ValidationContext): Findings {
  switch (object.kind) {
    case "Service":
      return validateService(object as Service, context);
    case "Configuration":
      return validateConfiguration(object as Configuration, context);
    case "Route":
      return validateRoute(object as Route, context);
    case "Revision":
      return validateRevision(object as Revision, context);
    case "DomainMapping":
      return validateDomainMapping(object as DomainMapping, context);
    default:
      return none;
  }
}

function validateService(service: Service, context: ValidationContext): Findings {
  const { metadata, spec } = service;
  // A status update cannot change these fields. It must not fail because an administrator has lowered a limit.
  const now = context.isStatusUpdate
    ? none
    : [
        ...via("metadata", [
          ...validateName(metadata),
          ...validateNoAutoscaling(metadata.annotations),
          ...via("annotations", validateRollout(metadata.annotations)),
        ]),
        ...via("spec.template", validateTemplate(spec.template, metadata, context.config)),
        ...via("spec", validateTraffic(spec.traffic ?? [], "Service")),
      ];
  const old = context.old as Service | undefined;
  if (!old) return now;
  return [...now, ...validateCreatorAndModifier(old, service), ...validateNameChange(old, service)];
}

function validateConfiguration(configuration: Configuration, context: ValidationContext): Findings {
  const { metadata, spec } = configuration;
  const now = context.isStatusUpdate
    ? none
    : [
        ...via("metadata", [
          ...validateName(metadata),
          ...validateNoAutoscaling(metadata.annotations),
          ...validateOwnerLabel(metadata, SERVICE_LABEL, "Service"),
        ]),
        ...via("spec.template", validateTemplate(spec.template, metadata, context.config)),
      ];
  const old = context.old as Configuration | undefined;
  if (!old) return now;
  const creator = metadata.ownerReferences ? none : validateCreatorAndModifier(old, configuration);
  return [...now, ...creator, ...validateNameChange(old, configuration)];
}

function validateRoute(route: Route, { old }: ValidationContext): Findings {
  const { metadata, spec } = route;
  return [
    ...via("metadata", [
      ...validateName(metadata),
      ...validateNoAutoscaling(metadata.annotations),
      ...via("annotations", validateRollout(metadata.annotations)),
      ...validateOwnerLabel(metadata, SERVICE_LABEL, "Service"),
    ]),
    ...via("spec", validateTraffic(spec.traffic ?? [], "Route")),
    ...(old && !metadata.ownerReferences ? validateCreatorAndModifier(old, route) : none),
  ];
}

function validateRevision(revision: Revision, { config, old }: ValidationContext): Findings {
  const { metadata, spec } = revision;
  const change = old ? diffText(revisionSpec, "{v1.RevisionSpec}", (old as Revision).spec, spec) : "";
  if (change !== "") return finding("Immutable fields changed (-old +new)", ["spec"], change);
  return [
    ...via("metadata", [
      ...validateName(metadata),
      ...via("annotations", validateAutoscalingAnnotations(metadata.annotations ?? {}, config.autoscaler)),
      ...validateOwnerLabel(metadata, CONFIGURATION_LABEL, "Configuration"),
    ]),
    ...(old ? none : via("spec", validateRevisionSpec(spec, config))),
  ];
}

function validateTemplate(template: RevisionTemplate, parent: ObjectMeta, config: ServingConfig): Findings {
  const meta = template.metadata ?? {};
  return [
    ...via("spec", validateRevisionSpec(template.spec, config)),
    ...via("metadata", [
      ...validateRevisionName(meta, parent),
      ...validateNetworking(meta.annotations),
      ...via("annotations", [
        ...validateAutoscalingAnnotations(meta.annotations ?? {}, config.autoscaler),
        ...validateQueueSidecar(meta.annotations),
        ...validateProgressDeadline(meta.annotations),
      ]),
    ]),
  ];
}

function validateRevisionSpec(spec: RevisionSpec, { defaults, features }: ServingConfig): Findings {
  const { timeoutSeconds: timeout, containerConcurrency: concurrency } = spec;
  const most = defaults.maxRevisionTimeoutSeconds;
  const lowest = defaults.allowContainerConcurrencyZero ? 0 : 1;
  const limit = defaults.containerConcurrencyMaxLimit;
  const isTimeout = timeout === undefined || (timeout >= 0 && timeout <= most);
  const isConcurrency = concurrency === undefined || (concurrency >= lowest && concurrency <= limit);
  return [
    ...validatePodSpec(spec, features),
    ...(isTimeout ? none : outOfBounds(timeout, 0, most, "timeoutSeconds")),
    ...(isConcurrency ? none : outOfBounds(concurrency, lowest, limit, "containerConcurrency")),
  ];
}

/** A named Revision is immutable, so a template must not change without a new name. */
function validateNameChange(old: Service | Configuration, object: Service | Configuration): Findings {
  const before = old.spec.template;
  const now = object.spec.template;
  const name = now.metadata?.name ?? "";
  if (name === "" || name !== before.metadata?.name) return none;
  const change = diffText(revisionTemplate, "{*v1.RevisionTemplateSpec}", before, now);
  if (change === "") return none;
  const text = "Saw the following changes without a name change (-old +new)";
  return finding(text, ["spec.template.metadata.name"], change);
}

function validateDomainMapping(mapping: DomainMapping, { config, old }: ValidationContext): Findings {
  return [
    ...via("metadata", validateDomainName(mapping.metadata, config.clusterDomain)),
    ...via("spec.ref", validateReference(mapping)),
    ...(old ? validateCreatorAndModifier(old, mapping) : none),
  ];
}

function validateDomainName(meta: ObjectMeta, clusterDomain: string): Findings {
  const { name = "", generateName = "" } = meta;
  const error = domainNameError(name, "name");
  const invalid = `invalid name ${JSON.stringify(name)}`;
  const local = `${invalid}: must not be a subdomain of cluster local domain ${JSON.stringify(clusterDomain)}`;
  return [
    ...(generateName === "" ? none : disallowed("generateName")),
    ...(error === undefined ? none : finding(`${invalid}: ${error}`, ["name"])),
    ...(name.endsWith(`.${clusterDomain}`) ? finding(local, ["name"]) : none),
  ];
}

function validateReference({ metadata, spec }: DomainMapping): Findings {
  const { ref } = spec;
  const wanted = (["name", "apiVersion", "kind"] as const).filter((field) => !ref[field]);
  const home = metadata.namespace ?? "";
  const isElsewhere = home !== "" && Boolean(ref.namespace) && ref.namespace !== home;
  const details = `parent namespace: ${JSON.stringify(home)} does not match ref: ${JSON.stringify(ref.namespace)}`;
  return [
    ...wanted.flatMap((field) => missing(field)),
    ...(ref.group ? disallowed("group") : none),
    ...(isElsewhere ? finding("mismatched namespaces", ["namespace"], details) : none),
  ];
}
