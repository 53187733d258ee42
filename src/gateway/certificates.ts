// Makes the local authority and the certificates that it signs, and keeps those of the TLS listener by SNI name.
import { createSecureContext, type SecureContext } from "node:tls";
import { hostName } from "../apis/networking/hosts.ts";
import { errorText } from "../base/errors.ts";
import { type KeyPair, makeAuthorityCertificate, makeServerCertificate } from "./x509.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
/** Browsers refuse certificates that are valid for longer than 398 days. */
const HOST_DAYS = 397;
/** Clients whose clock is late still accept a new certificate. */
const BACKDATED_MS = DAY_MS;
/** The hosts of the certificate for clients without an SNI name or with an unknown one. */
const DEFAULT_HOSTS: readonly string[] = ["localhost", "*.localhost", "127.0.0.1", "::1"];

/** Makes a new authority. */
export function makeAuthority(now: Date): Promise<KeyPair> {
  return makeAuthorityCertificate({ commonName: "knap local authority", ...validity(now, AUTHORITY_DAYS) });
}

/** Makes a certificate for these names. `cert` is followed by the authority's certificate. */
export async function issueCertificate(authority: KeyPair, hosts: readonly string[], now: Date): Promise<KeyPair> {
  const wanted = { commonName: hosts[0] ?? "localhost", hosts, ...validity(now, HOST_DAYS) };
  const { cert, key } = await makeServerCertificate(wanted, authority);
  return { cert: cert + authority.cert, key };
}

/**
 * Makes a certificate for a listener on loopback, and an authority of its own, whose key is dropped: it signs nothing
 * else.
 */
export async function makeLoopbackCertificate(now: Date): Promise<KeyPair & { readonly authority: string }> {
  const valid = validity(now, HOST_DAYS);
  const authority = await makeAuthorityCertificate({ commonName: "knap session authority", ...valid });
  const hosts = ["127.0.0.1", "::1", "localhost"];
  const pair = await makeServerCertificate({ commonName: "knap API", hosts, ...valid }, authority);
  return { ...pair, authority: authority.cert };
}

function validity(now: Date, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const notBefore = new Date(now.getTime() - BACKDATED_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * DAY_MS) };
}

export interface CertificatesOptions {
  readonly authority: KeyPair;
  readonly now: () => Date;
}

/** The certificates of one TLS listener, by SNI name. */
export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #contexts = new Map<string, SecureContext>();
  readonly #given = new Set<string>();
  /** The certificate for clients without an SNI name. */
  readonly defaultPair: KeyPair;
  readonly #defaultContext: SecureContext;

  private constructor(options: CertificatesOptions, defaultPair: KeyPair) {
    this.#options = options;
    this.defaultPair = defaultPair;
    this.#defaultContext = createSecureContext(defaultPair);
  }

  static async open(options: CertificatesOptions): Promise<Certificates> {
    return new Certificates(options, await issueCertificate(options.authority, DEFAULT_HOSTS, options.now()));
  }

  /** Returns the hosts without a certificate. */
  missing(hosts: readonly string[]): readonly string[] {
    return hosts.filter((host) => !this.#contexts.has(hostName(host)));
  }

  /**
   * Makes certificates for the hosts without one. A host that cannot be in a certificate gets the default certificate;
   * the promise then rejects after all other hosts have theirs.
   */
  async prepare(hosts: readonly string[]): Promise<void> {
    const failed: string[] = [];
    for (const host of hosts.map(hostName)) {
      if (this.#contexts.has(host)) continue;
      const { authority, now } = this.#options;
      try {
        this.#setMissing(host, createSecureContext(await issueCertificate(authority, [host], now())));
      } catch (error) {
        this.#setMissing(host, this.#defaultContext);
        failed.push(`${JSON.stringify(host)}: ${errorText(error)}`);
      }
    }
    if (failed.length > 0) throw new Error(`no certificate can be issued for ${failed.join(", ")}`);
  }

  /** Uses the user's own certificate for these hosts. Returns an error text if the certificate is invalid. */
  use(hosts: readonly string[], { cert, key }: KeyPair): string | undefined {
    try {
      const context = createSecureContext({ cert, key });
      for (const host of hosts.map(hostName)) {
        this.#contexts.set(host, context);
        this.#given.add(host);
      }
      return undefined;
    } catch (error) {
      return errorText(error);
    }
  }

  /** Keeps the user's certificate if `use` has set it meanwhile. */
  #setMissing(host: string, context: SecureContext): void {
    if (!this.#contexts.has(host)) this.#contexts.set(host, context);
  }

  /** Removes the user's certificate of these hosts. */
  drop(hosts: readonly string[]): void {
    for (const host of hosts.map(hostName)) if (this.#given.delete(host)) this.#contexts.delete(host);
  }

  /** The certificate for an SNI name. */
  readonly contextFor = (serverName: string): SecureContext =>
    this.#contexts.get(hostName(serverName)) ?? this.#defaultContext;
}
