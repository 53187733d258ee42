// Opens the https listener of a session. Certificates come from the users' Secrets or from the local authority.
import type { Secret } from "../apis/core/types.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { Handler } from "../data-plane/http/exchange.ts";
import type { ListenerLimits } from "../data-plane/http-server/open-listener.ts";
import type { TlsSecret } from "../data-plane/ingress/ingress-table.ts";
import { openAuthority, type StoredAuthority } from "./authority.ts";
import { Certificates } from "./certificates.ts";
import { type Listening, listen } from "./listen.ts";
import type { KeyPair } from "./x509.ts";

const DEFAULT_HTTPS_PORT = 8443;

export interface TlsListenerOptions {
  readonly address: string;
  /** See `EmulatorOptions.httpsPort`; never 0 here. */
  readonly port?: number | undefined;
  /** Folder of the local authority. */
  readonly folder: string;
  readonly handler: Handler;
  readonly limits?: Partial<ListenerLimits> | undefined;
  readonly log: Logger;
}

/** A certificate from a user's Secret. */
interface OwnPair extends KeyPair {
  /** The Secret's name and resourceVersion. */
  readonly version: string;
}

export class TlsListener {
  readonly authority: StoredAuthority;
  readonly #listening: Listening;
  readonly #certificates: Certificates;
  readonly #log: Logger;
  /** Host → the version of the Secret whose certificate it uses. */
  readonly #own = new Map<string, string>();

  private constructor(authority: StoredAuthority, listening: Listening, certificates: Certificates, log: Logger) {
    this.authority = authority;
    this.#listening = listening;
    this.#certificates = certificates;
    this.#log = log;
  }

  /** Rejects with an EnvironmentError if the user's port cannot be opened. */
  static async open({ address, port, folder, handler, limits, log }: TlsListenerOptions): Promise<TlsListener> {
    const now = (): Date => new Date();
    const authority = await openAuthority(folder, now());
    const certificates = await Certificates.open({ authority, now });
    const listening = await listen({
      address,
      port,
      limits,
      defaultPort: DEFAULT_HTTPS_PORT,
      name: "https ingress",
      flag: "--https-port",
      listener: "tls",
      handler,
      tls: { ...certificates.defaultPair, contextFor: certificates.contextFor },
    });
    return new TlsListener(authority, listening, certificates, log);
  }

  get host(): string {
    return this.#listening.host;
  }

  get port(): number {
    return this.#listening.port;
  }

  get notices(): readonly string[] {
    return this.#listening.notices;
  }

  /** Uses the certificates of these Secrets, and removes all other users' certificates. */
  applySecrets(secrets: readonly TlsSecret[], store: ObjectStore): void {
    const wanted = ownPairs(secrets, store);
    for (const host of this.#own.keys()) {
      if (wanted.has(host)) continue;
      this.#certificates.drop([host]);
      this.#own.delete(host);
    }
    for (const [host, pair] of wanted) {
      if (this.#own.get(host) === pair.version) continue;
      const error = this.#certificates.use([host], pair);
      if (error) this.#log.warn("certificate not used", { host, secret: pair.version, error });
      this.#own.set(host, pair.version);
    }
  }

  /** Returns the hosts without a certificate. */
  missing(hosts: readonly string[]): readonly string[] {
    return this.#certificates.missing(hosts);
  }

  /** Makes certificates for hosts without one. A table with these hosts takes effect after that. */
  prepare(hosts: readonly string[]): Promise<void> {
    return this.#certificates.prepare(hosts);
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all(this.#listening.listeners.map((listener) => listener.close(graceMs)));
  }
}

function ownPairs(secrets: readonly TlsSecret[], store: ObjectStore): ReadonlyMap<string, OwnPair> {
  const pairs = new Map<string, OwnPair>();
  for (const { hosts, namespace, name } of secrets) {
    const pair = pairOf(store.get("Secret", namespace, name));
    if (pair) for (const host of hosts) pairs.set(host, pair);
  }
  return pairs;
}

function pairOf(secret: Stored<Secret> | undefined): OwnPair | undefined {
  const { "tls.crt": cert, "tls.key": key } = secret?.data ?? {};
  if (!secret || typeof cert !== "string" || typeof key !== "string") return undefined;
  const { namespace, name, resourceVersion } = secret.metadata;
  const text = (value: string): string => Buffer.from(value, "base64").toString();
  return { cert: text(cert), key: text(key), version: `${namespacedName({ namespace, name })}@${resourceVersion}` };
}
