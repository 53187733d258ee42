// Plans the Certificate of a mapped domain, unless the user provides one or TLS is off.
// Source: pkg/reconciler/domainmapping/reconciler.go.
import { isReady } from "../../../apis/meta/conditions.ts";
import { childName } from "../../../apis/meta/names.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Certificate } from "../../../apis/networking/types.ts";
import * as lifecycle from "../../../apis/serving/domain-mapping-lifecycle.ts";
import { CERTIFICATE_CLASS_ANNOTATION, DOMAIN_MAPPING_UID_LABEL } from "../../../apis/serving/labels.ts";
import type { DomainMapping } from "../../../apis/serving/types.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import type { World } from "../../controller/reconciler.ts";
import { isControlledBy } from "../ownership.ts";
import type { Pass } from "../pass.ts";
import {
  type CertificateOutcome,
  challengesOf,
  ensureCertificate,
  notOwnedText,
} from "../route/certificate-holding.ts";
import { tlsOf, wantsTls } from "../route/certificates.ts";
import { makeCertificate } from "../route/make-certificate.ts";
import { handedOn } from "../route/make-ingress.ts";

/** The TLS entries and challenges for the Ingress, and the scheme of the URL. */
export interface DomainCertificate extends CertificateOutcome {
  readonly scheme?: "http" | "https";
}

/** Plans the Certificate and marks its state. Fails if another object owns the Certificate. */
export function reconcileDomainCertificate(pass: Pass<"DomainMapping.serving.knative.dev">): Result<DomainCertificate> {
  const { object: mapping, world, plan, at } = pass;
  const { name, namespace } = mapping.metadata;
  if (mapping.spec.tls) {
    pass.status = lifecycle.markCertificateProvided(pass.status, at);
    const { secretName } = mapping.spec.tls;
    return ok({
      tls: [{ hosts: [name], secretName, secretNamespace: namespace }],
      challenges: [],
      scheme: "https",
    });
  }
  if (!wantsTls(mapping.metadata.annotations, world.config)) {
    pass.status = lifecycle.markDomainTlsNotEnabled(pass.status, "external-domain-tls is not enabled", at);
    return ok({ tls: [], challenges: [] });
  }
  const wanted = makeDomainCertificate(mapping, world);
  const existing = world.get("Certificate.networking.internal.knative.dev", namespace, wanted.metadata.name);
  if (existing && !isControlledBy(existing, mapping)) {
    pass.status = lifecycle.markDomainCertificateNotOwned(pass.status, wanted.metadata.name, at);
    return failed(notOwnedText(mapping, wanted));
  }
  ensureCertificate(plan, wanted, existing);
  return ok(markCertificateState(pass, existing ?? wanted));
}

function markCertificateState(
  pass: Pass<"DomainMapping.serving.knative.dev">,
  certificate: Certificate,
): DomainCertificate {
  const { world, at } = pass;
  const { name } = certificate.metadata;
  if (isReady(certificate)) {
    pass.status = lifecycle.markDomainCertificateReady(pass.status, at);
    return { tls: [tlsOf(certificate, [pass.object.metadata.name])], challenges: [], scheme: "https" };
  }
  const challenges = challengesOf([certificate]);
  if (world.config.network.httpProtocol !== "Enabled") {
    pass.status = lifecycle.markDomainCertificateNotReady(pass.status, name, at);
    return { tls: [], challenges, scheme: "https" };
  }
  pass.status = lifecycle.markDomainHttpDowngrade(pass.status, name, at);
  return { tls: [], challenges, scheme: "http" };
}

function makeDomainCertificate(mapping: Stored<DomainMapping>, { config }: World): Certificate {
  const { name, annotations } = mapping.metadata;
  return makeCertificate(mapping, {
    name: childName(name, ""),
    labels: { [DOMAIN_MAPPING_UID_LABEL]: name },
    annotations: { [CERTIFICATE_CLASS_ANNOTATION]: config.network.certificateClass, ...handedOn(annotations) },
    type: "external-domain",
    dnsNames: [name],
    domain: name,
  });
}
