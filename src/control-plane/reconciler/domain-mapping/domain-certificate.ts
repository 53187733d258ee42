// The certificate of a mapped domain: given by the user, issued by the cluster, or none.
// Source: pkg/reconciler/domainmapping/reconciler.go.
import { isReady } from "../../../apis/meta/conditions.ts";
import { childName } from "../../../apis/meta/names.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Certificate } from "../../../apis/networking/types.ts";
import {
  markCertificateProvided,
  markDomainCertificateNotOwned,
  markDomainCertificateNotReady,
  markDomainCertificateReady,
  markDomainHttpDowngrade,
  markDomainTlsNotEnabled,
} from "../../../apis/serving/domain-mapping-lifecycle.ts";
import { CERTIFICATE_CLASS_ANNOTATION, DOMAIN_MAPPING_UID_LABEL } from "../../../apis/serving/labels.ts";
import type { DomainMapping } from "../../../apis/serving/types.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import type { World } from "../../controller/reconciler.ts";
import { isControlledBy } from "../ownership.ts";
import type { Pass } from "../pass.ts";
import { type CertificateOutcome, challengesOf, holdCertificate, notOwnedText } from "../route/certificate-holding.ts";
import { tlsOf, wantsTls } from "../route/certificates.ts";
import { makeCertificate } from "../route/make-certificate.ts";
import { handedOn } from "../route/make-ingress.ts";

/**
 * What the Ingress needs of it, and whether the URL is `https` by now. The failure: the certificate is somebody else's.
 */
export interface DomainCertificate extends CertificateOutcome {
  readonly scheme?: "http" | "https";
}

/** Holds the certificate and marks what it says. */
export function reconcileDomainCertificate(pass: Pass<"DomainMapping.serving.knative.dev">): Result<DomainCertificate> {
  const { object: mapping, world, plan, at } = pass;
  const { name, namespace } = mapping.metadata;
  if (mapping.spec.tls) {
    pass.status = markCertificateProvided(pass.status, at);
    const { secretName } = mapping.spec.tls;
    return ok({
      tls: [{ hosts: [name], secretName, secretNamespace: namespace }],
      challenges: [],
      scheme: "https",
    });
  }
  if (!wantsTls(mapping.metadata.annotations, world.config)) {
    pass.status = markDomainTlsNotEnabled(pass.status, "external-domain-tls is not enabled", at);
    return ok({ tls: [], challenges: [] });
  }
  const wanted = makeDomainCertificate(mapping, world);
  const existing = world.get("Certificate.networking.internal.knative.dev", namespace, wanted.metadata.name);
  if (existing && !isControlledBy(existing, mapping)) {
    pass.status = markDomainCertificateNotOwned(pass.status, wanted.metadata.name, at);
    return failed(notOwnedText(mapping, wanted));
  }
  holdCertificate(plan, wanted, existing);
  return ok(noteCertificate(pass, existing ?? wanted));
}

function noteCertificate(pass: Pass<"DomainMapping.serving.knative.dev">, certificate: Certificate): DomainCertificate {
  const { world, at } = pass;
  const { name } = certificate.metadata;
  if (isReady(certificate)) {
    pass.status = markDomainCertificateReady(pass.status, at);
    return { tls: [tlsOf(certificate, certificate.spec.dnsNames)], challenges: [], scheme: "https" };
  }
  const challenges = challengesOf([certificate]);
  if (world.config.network.httpProtocol !== "Enabled") {
    pass.status = markDomainCertificateNotReady(pass.status, name, at);
    return { tls: [], challenges, scheme: "https" };
  }
  pass.status = markDomainHttpDowngrade(pass.status, name, at);
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
