// Makes the local authority and the certificates that it signs, and keeps those of the TLS listener by SNI name.
import { isIP } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { hostName } from "../apis/networking/hosts.ts";
import { errorText } from "../base/errors.ts";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
/** Browsers refuse certificates that are valid for longer than 398 days. */
const HOST_DAYS = 397;
/** Clients whose clock is late still accept a new certificate. */
const BACKDATED_MS = DAY_MS;
/** The hosts of the certificate for clients without an SNI name or with an unknown one. */
const DEFAULT_HOSTS: readonly string[] = ["localhost", "*.localhost", "127.0.0.1", "::1"];

/** Makes a new authority. */
export async function makeAuthority(now: Date): Promise<KeyPair> {
  return generate("knap local authority", AUTHORITY_DAYS, now, {
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}

/** Makes a certificate for these names. `cert` is followed by the authority's certificate. */
export async function issueCertificate(authority: KeyPair, hosts: readonly string[], now: Date): Promise<KeyPair> {
  const { cert, key } = await generate(hosts[0] ?? "localhost", HOST_DAYS, now, {
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: hosts.map(alternativeName) },
    ],
  });
  return { cert: cert + authority.cert, key };
}

export interface CertificateOptions {
  readonly authority: KeyPair;
  readonly now: () => Date;
}

/** The certificates of one TLS listener, by SNI name. */
export class Certificates {
  readonly #options: CertificateOptions;
  readonly #contexts = new Map<string, SecureContext>();
  readonly #given = new Set<string>();
  /** The certificate for clients without an SNI name. */
  readonly defaultPair: KeyPair;
  readonly #defaultContext: SecureContext;

  private constructor(options: CertificateOptions, defaultPair: KeyPair) {
    this.#options = options;
    this.defaultPair = defaultPair;
    this.#defaultContext = createSecureContext(defaultPair);
  }

  static async open(options: CertificateOptions): Promise<Certificates> {
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

type Generate = typeof import("selfsigned").generate;
type GenerateOptions = NonNullable<Parameters<Generate>[1]>;

/** Loads the library on the first call, because most sessions do not serve https. */
async function generate(commonName: string, days: number, now: Date, more: GenerateOptions): Promise<KeyPair> {
  // In the bundle, a CommonJS module has only a default export.
  const { default: selfsigned } = await import("selfsigned");
  // X.509 limits the common name to 64 characters; clients check only the alternative names.
  const { cert, private: key } = await selfsigned.generate([{ name: "commonName", value: commonName.slice(0, 64) }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(now.getTime() - BACKDATED_MS),
    notAfterDate: new Date(now.getTime() + days * DAY_MS - BACKDATED_MS),
    ...more,
  });
  return { cert: cert.endsWith("\n") ? cert : `${cert}\n`, key };
}

function alternativeName(host: string): { type: 2; value: string } | { type: 7; ip: string } {
  return isIP(host) > 0 ? { type: 7, ip: host } : { type: 2, value: host };
}
