// Makes the Certificates of Routes and DomainMappings.
// Source: pkg/reconciler/route/resources/certificate.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import type { AnyObject, Stored, StringMap } from "../../../apis/meta/object.ts";
import type { Certificate } from "../../../apis/networking/types.ts";
import { CERTIFICATE_CLASS_ANNOTATION, CERTIFICATE_TYPE_LABEL, ROUTE_LABEL } from "../../../apis/serving/labels.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";
import { certificateClass, handedOn } from "./make-ingress.ts";

const ADLER_BASE = 65_521;
export type CertificateType = "external-domain" | "cluster-local-domain";

export interface CertificateParts {
  readonly name: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly type: CertificateType;
  readonly dnsNames: readonly string[];
  /** The domain that the names belong to. */
  readonly domain: string;
}

/** Makes the Certificate. Its Secret has the same name. */
export function makeCertificate(owner: AnyObject, parts: CertificateParts): Certificate {
  const { name, labels, annotations, type, dnsNames, domain } = parts;
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "Certificate",
    metadata: {
      name,
      namespace: owner.metadata.namespace ?? "",
      labels: { ...labels, [CERTIFICATE_TYPE_LABEL]: type },
      annotations,
      ownerReferences: [controllerReference(owner)],
    },
    spec: { dnsNames, domain, secretName: name },
  };
}

/** Makes the Certificate for the host names of a tag. Its name contains the Route's uid and a hash of the tag. */
export function makeRouteCertificate(
  route: Stored<Route>,
  names: { readonly tag: string; readonly dnsNames: readonly string[]; readonly domain: string },
  type: CertificateType,
  config: ServingConfig,
): Certificate {
  const { tag, dnsNames, domain } = names;
  const { name, uid, annotations } = route.metadata;
  const ofTag = tag === "" ? `route-${uid}` : `route-${uid}-${adler32(tag)}`;
  return makeCertificate(route, {
    name: type === "cluster-local-domain" ? `${ofTag}-local` : ofTag,
    labels: { [ROUTE_LABEL]: name },
    annotations: { [CERTIFICATE_CLASS_ANNOTATION]: certificateClass(annotations, config), ...handedOn(annotations) },
    type,
    dnsNames,
    domain,
  });
}

/** Computes the Adler-32 checksum, which Knative uses in Certificate names. */
function adler32(text: string): number {
  let [a, b] = [1, 0];
  for (const byte of new TextEncoder().encode(text)) {
    a = (a + byte) % ADLER_BASE;
    b = (b + a) % ADLER_BASE;
  }
  return b * 65_536 + a;
}
