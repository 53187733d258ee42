// Answers Knative's Certificates, as a certificate manager does in a cluster: the local authority signs, a Secret keeps the pair, the status says Ready.
import type { Secret } from "../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../apis/kinds.ts";
import { certificateConditions } from "../apis/meta/condition-sets.ts";
import { isReady } from "../apis/meta/conditions.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Certificate } from "../apis/networking/types.ts";
import type { Clock } from "../base/clock.ts";
import { InFlight } from "../base/in-flight.ts";
import type { Logger } from "../base/logger.ts";
import { timeText } from "../base/time.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import { openAuthority } from "./authority.ts";
import { issueCertificate, type KeyPair } from "./certificates.ts";

const KIND = "Certificate.networking.internal.knative.dev";

export interface CertificateIssuerOptions {
  readonly store: ObjectStore;
  /** Of the objects' times; certificates themselves are valid in real time. */
  readonly clock: Pick<Clock, "now">;
  /** Where the local authority is kept. */
  readonly folder: string;
  readonly log: Logger;
}

export class CertificateIssuer {
  readonly #options: CertificateIssuerOptions;
  readonly #inFlight = new InFlight();
  /** Uid and generation of those being issued. */
  readonly #issuing = new Set<string>();
  #authority: Promise<KeyPair> | undefined;

  constructor(options: CertificateIssuerOptions) {
    this.#options = options;
  }

  /** Every event of the store goes here. */
  observe({ type, object }: Pick<WatchEvent, "type" | "object">): void {
    if (isCertificate(object) && type !== "DELETED") this.#look(object);
    if (object.kind === "Secret" && type === "DELETED") this.#replace(object);
  }

  /** Resolves when nothing is being issued. */
  idle(): Promise<void> {
    return this.#inFlight.idle();
  }

  /** A Secret that was taken away is made anew. */
  #replace({ metadata }: AnyObject): void {
    const { namespace = "", name } = metadata;
    for (const certificate of this.#options.store.list(KIND, { namespace }))
      if (certificate.spec.secretName === name) this.#look(certificate);
  }

  #look(certificate: Certificate): void {
    const { namespace = "", uid = "", generation = 0, deletionTimestamp } = certificate.metadata;
    const secret = this.#options.store.get("Secret", namespace, certificate.spec.secretName);
    const turn = `${uid} ${generation}`;
    if (deletionTimestamp !== undefined || (isReady(certificate) && secret) || this.#issuing.has(turn)) return;
    this.#issuing.add(turn);
    void this.#inFlight.track(this.#issue(certificate).finally(() => this.#issuing.delete(turn)));
  }

  async #issue(certificate: Certificate): Promise<void> {
    const { folder, log } = this.#options;
    const now = new Date();
    try {
      this.#authority ??= openAuthority(folder, now);
      const pair = await issueCertificate(await this.#authority, certificate.spec.dnsNames, now);
      this.#write(certificate, pair);
    } catch (error) {
      log.error("certificate not issued", { certificate: certificate.metadata.name, error });
    }
  }

  #write(certificate: Certificate, pair: KeyPair): void {
    const { store, clock } = this.#options;
    const key = keyOf(certificate) as ObjectKey<typeof KIND>;
    const current = store.get(KIND, key.namespace, key.name);
    if (current?.metadata.uid !== certificate.metadata.uid) return;
    const secret = makeSecret(certificate, pair);
    const made = store.create(secret);
    if ("refused" in made) store.update(secret);
    store.writeStatus(key, {
      ...current?.status,
      observedGeneration: certificate.metadata.generation,
      conditions: certificateConditions.markTrue([], "Ready", timeText(clock.now())),
    });
  }
}

function isCertificate(object: AnyObject): object is Certificate {
  return object.kind === "Certificate" && object.apiVersion.startsWith("networking.internal.knative.dev/");
}

function makeSecret({ apiVersion, kind, metadata, spec }: Certificate, { cert, key }: KeyPair): Secret {
  const { name, namespace = "", uid = "" } = metadata;
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: spec.secretName,
      namespace,
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": cert, "tls.key": key },
  };
}
