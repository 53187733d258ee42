// One Certificate for one public name of a Route. Source: pkg/reconciler/route/resources/certificate.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import type { Certificate } from "../../../apis/networking/types.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";
import { CERTIFICATE_CLASS_ANNOTATION, ROUTE_LABEL } from "../well-known.ts";
import { certificateClass, handedOn } from "./make-ingress.ts";

const ADLER_BASE = 65_521;

/** The whole Certificate, named after the Route's uid and the tag. */
export function makeCertificate(
  route: Route,
  { dnsName, tag, domain }: { readonly dnsName: string; readonly tag: string; readonly domain: string },
  config: ServingConfig,
): Certificate {
  const own = `route-${route.metadata.uid ?? ""}`;
  const name = tag === "" ? own : `${own}-${adler32(tag)}`;
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "Certificate",
    metadata: {
      name,
      namespace: route.metadata.namespace ?? "",
      labels: { [ROUTE_LABEL]: route.metadata.name, "networking.knative.dev/certificate-type": "external-domain" },
      annotations: {
        ...handedOn(route.metadata.annotations),
        [CERTIFICATE_CLASS_ANNOTATION]: certificateClass(route.metadata.annotations, config),
      },
      ownerReferences: [controllerReference(route)],
    },
    spec: { dnsNames: [dnsName], domain, secretName: name },
  };
}

/** Adler-32 of the text's bytes: short enough to leave room for the uid in a name. */
function adler32(text: string): number {
  let [a, b] = [1, 0];
  for (const byte of new TextEncoder().encode(text)) {
    a = (a + byte) % ADLER_BASE;
    b = (b + a) % ADLER_BASE;
  }
  return b * 65_536 + a;
}
