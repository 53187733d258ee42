// Issues Knative's Certificates: signs with the local authority, writes the key pair to a Secret and sets the status
// Ready.
import { isTerminating } from "../apis/core/pod.ts";
import type { Secret } from "../apis/core/types.ts";
import { type ConditionReason, certificateConditions, isReady } from "../apis/meta/conditions.ts";
import type { Stored } from "../apis/meta/object.ts";
import type { Certificate } from "../apis/networking/types.ts";
import type { Clock } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import { InFlight } from "../base/in-flight.ts";
import type { Logger } from "../base/logger.ts";
import { timeText } from "../base/time.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { openAuthority } from "./authority.ts";
import { issueCertificate } from "./certificates.ts";
import type { KeyPair } from "./x509.ts";

const KIND = "Certificate.networking.internal.knative.dev";

const RETRY_MS = 10_000;

export interface CertificateIssuerOptions {
  readonly store: ObjectStore;
  /** The clock of objects. Certificates are valid in real time. */
  readonly clock: Pick<Clock, "now">;
  /** Runs the retries. */
  readonly timers: Pick<Clock, "now" | "at">;
  /** Folder of the local authority. */
  readonly folder: string;
  readonly log: Logger;
}

export class CertificateIssuer {
  readonly #options: CertificateIssuerOptions;
  readonly #inFlight = new InFlight();
  /** Uid and generation of Certificates being issued. */
  readonly #issuing = new Set<string>();
  readonly #retries = new Set<Disposable>();
  #closed = false;
  #authority: Promise<KeyPair> | undefined;

  constructor(options: CertificateIssuerOptions) {
    this.#options = options;
    const { store } = options;
    store.watch({ kind: KIND }, ({ type, object }) => type !== "DELETED" && this.#observe(object));
    store.watch({ kind: "Secret" }, ({ type, object }) => type === "DELETED" && this.#replace(object));
  }

  /** Resolves when nothing is being issued. */
  idle(): Promise<void> {
    return this.#inFlight.idle();
  }

  /** Stops the retries. */
  close(): void {
    this.#closed = true;
    for (const retry of this.#retries) retry[Symbol.dispose]();
    this.#retries.clear();
  }

  /** Makes a deleted Secret again. */
  #replace({ metadata }: Stored<Secret>): void {
    const { namespace, name } = metadata;
    for (const certificate of this.#options.store.list(KIND, { namespace }))
      if (certificate.spec?.secretName === name) this.#observe(certificate);
  }

  /** An exception in a watch would end the process. */
  #observe(certificate: Stored<Certificate>): void {
    try {
      this.#issueIfMissing(certificate);
    } catch (error) {
      this.#options.log.error("certificate not issued", { certificate: certificate.metadata.name, error });
    }
  }

  #issueIfMissing(certificate: Stored<Certificate>): void {
    const { namespace, uid, generation } = certificate.metadata;
    const secret = this.#options.store.get("Secret", namespace, certificate.spec.secretName);
    const issue = `${uid} ${generation}`;
    if (isTerminating(certificate) || (isReady(certificate) && secret) || this.#issuing.has(issue)) return;
    this.#issuing.add(issue);
    void this.#inFlight.track(this.#issue(certificate).finally(() => this.#issuing.delete(issue)));
  }

  async #issue(certificate: Stored<Certificate>): Promise<void> {
    const { folder, log } = this.#options;
    const now = new Date();
    try {
      this.#authority ??= openAuthority(folder, now);
      const pair = await issueCertificate(await this.#authority, certificate.spec.dnsNames, now);
      this.#write(certificate, pair);
    } catch (error) {
      // The next Certificate tries to open the authority again.
      this.#authority = undefined;
      log.warn("certificate not issued", { certificate: certificate.metadata.name, error });
      this.#setReady(certificate, { reason: "NotIssued", message: errorText(error) });
      this.#retryLater(certificate);
    }
  }

  #retryLater({ metadata: { namespace, name, uid } }: Stored<Certificate>): void {
    if (this.#closed) return;
    const { store, timers } = this.#options;
    const retry = timers.at(timers.now() + RETRY_MS, () => {
      this.#retries.delete(retry);
      const current = store.get(KIND, namespace, name);
      if (current?.metadata.uid === uid) this.#observe(current);
    });
    this.#retries.add(retry);
  }

  #write(certificate: Stored<Certificate>, pair: KeyPair): void {
    const { store } = this.#options;
    const { namespace, name, uid } = certificate.metadata;
    if (store.get(KIND, namespace, name)?.metadata.uid !== uid) return;
    const secret = makeSecret(certificate, pair);
    const made = store.create(secret);
    if ("refused" in made) store.update(secret);
    this.#setReady(certificate);
  }

  /** Sets Ready to True, or to False with the reason of a failure. */
  #setReady({ metadata }: Stored<Certificate>, failure?: ConditionReason): void {
    const { store, clock } = this.#options;
    const { namespace, name, generation } = metadata;
    const current = store.get(KIND, namespace, name);
    const before = current?.status?.conditions ?? [];
    const at = timeText(clock.now());
    const conditions = failure
      ? certificateConditions.markFalse(before, "Ready", at, failure)
      : certificateConditions.markTrue(before, "Ready", at);
    const status = { ...current?.status, observedGeneration: generation, conditions };
    store.writeStatus({ kind: KIND, namespace, name }, status, { uid: metadata.uid });
  }
}

function makeSecret({ apiVersion, kind, metadata, spec }: Stored<Certificate>, { cert, key }: KeyPair): Secret {
  const { name, namespace, uid } = metadata;
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
