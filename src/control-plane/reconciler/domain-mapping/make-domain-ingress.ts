// Makes the Ingress of a DomainMapping, which sends the requests of a public host to the target's host name.
// Source: pkg/reconciler/domainmapping/resources/ingress.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Ingress, IngressPath, IngressRule } from "../../../apis/networking/types.ts";
import {
  DOMAIN_MAPPING_NAMESPACE_LABEL,
  DOMAIN_MAPPING_UID_LABEL,
  INGRESS_CLASS_ANNOTATION,
} from "../../../apis/serving/labels.ts";
import type { DomainMapping } from "../../../apis/serving/types.ts";
import { ok, type Result } from "../../../base/result.ts";
import { controllerReference } from "../ownership.ts";
import { type CertificateOutcome, challengePath, hostOfChallenge } from "../route/certificate-holding.ts";
import { handedOn, httpOption, ingressClass, ingressName } from "../route/make-ingress.ts";

export interface DomainTarget {
  /** `<service>.<namespace>.svc.<cluster domain>` */
  readonly host: string;
  readonly service: string;
}

/**
 * Makes the Ingress. A challenge for another host gets a rule of its own. Fails if the http-protocol annotation is
 * invalid.
 */
export function makeDomainIngress(
  mapping: Stored<DomainMapping>,
  target: DomainTarget,
  { tls, challenges }: CertificateOutcome,
  config: ServingConfig,
): Result<Ingress> {
  const { name, namespace, uid, labels, annotations } = mapping.metadata;
  const option = httpOption(annotations, config);
  if (!option.ok) return option;
  const split = {
    serviceNamespace: namespace,
    serviceName: target.service,
    servicePort: 80,
    percent: 100,
    appendHeaders: { "K-Original-Host": name },
  };
  const ruleOf = (host: string, paths: readonly IngressPath[]): IngressRule => ({
    hosts: [host],
    visibility: "ExternalIP",
    http: { paths },
  });
  const own = challenges.filter((challenge) => hostOfChallenge(challenge) === name).toReversed();
  const foreign = challenges.filter((challenge) => hostOfChallenge(challenge) !== name);
  return ok({
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "Ingress",
    metadata: {
      name: ingressName(name),
      namespace,
      labels: { ...labels, [DOMAIN_MAPPING_UID_LABEL]: uid, [DOMAIN_MAPPING_NAMESPACE_LABEL]: namespace },
      annotations: { ...handedOn(annotations), [INGRESS_CLASS_ANNOTATION]: ingressClass(annotations, config) },
      ownerReferences: [controllerReference(mapping)],
    },
    spec: {
      rules: [
        ruleOf(name, [...own.map(challengePath), { rewriteHost: target.host, splits: [split] }]),
        ...foreign.map((challenge) => ruleOf(hostOfChallenge(challenge), [challengePath(challenge)])),
      ],
      ...(tls.length > 0 ? { tls } : {}),
      httpOption: option.value,
    },
  });
}
