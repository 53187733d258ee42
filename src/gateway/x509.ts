// Makes X.509 certificates with ECDSA P-256 keys. Encodes DER itself, because node:crypto only reads certificates.
import { createHash, createPrivateKey, generateKeyPair, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Makes a certificate that signs itself and may sign others. */
export function makeAuthorityCertificate(options: CertificateOptions): Promise<KeyPair> {
  const basics = [extension(OID.basicConstraints, sequence(TRUE)), extension(OID.keyUsage, KEY_USAGE.authority)];
  return makeCertificate(options, basics, undefined);
}

/**
 * Makes a server certificate for DNS names and IP addresses, signed by the authority. Rejects if a host cannot be in a
 * certificate.
 */
export async function makeServerCertificate(
  options: CertificateOptions & { readonly hosts: readonly string[] },
  authority: KeyPair,
): Promise<KeyPair> {
  const extensions = [
    extension(OID.basicConstraints, sequence()),
    extension(OID.keyUsage, KEY_USAGE.server),
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth)), false),
    extension(OID.subjectAltName, sequence(...options.hosts.map(generalName)), false),
  ];
  return makeCertificate(options, extensions, authority);
}

async function makeCertificate(
  { commonName, notBefore, notAfter }: CertificateOptions,
  extensions: readonly Buffer[],
  authority: KeyPair | undefined,
): Promise<KeyPair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const subject = name(commonName);
  const issuer = authority ? issuerOf(authority.cert) : { subject, spki };
  // OpenSSL's strict mode, which Python 3.13 uses, requires both key identifiers.
  const identifiers = [
    extension(OID.subjectKeyIdentifier, der(0x04, sha1(spki)), false),
    extension(OID.authorityKeyIdentifier, sequence(der(0x80, sha1(issuer.spki))), false),
  ];
  const tbs = sequence(
    der(0xa0, der(0x02, VERSION_3)),
    der(0x02, serialNumber()),
    SIGNATURE_ALGORITHM,
    issuer.subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki,
    der(0xa3, sequence(...extensions, ...identifiers)),
  );
  const signer = authority ? createPrivateKey(authority.key) : privateKey;
  const signature = await promisify(sign)("sha256", tbs, signer);
  return {
    cert: pem("CERTIFICATE", sequence(tbs, SIGNATURE_ALGORITHM, bits(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

const OID = {
  ecdsaWithSha256: "2a8648ce3d040302",
  commonName: "550403",
  subjectKeyIdentifier: "551d0e",
  keyUsage: "551d0f",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  authorityKeyIdentifier: "551d23",
  extendedKeyUsage: "551d25",
  serverAuth: "2b06010505070301",
} as const;
const SIGNATURE_ALGORITHM = sequence(oid(OID.ecdsaWithSha256));
const VERSION_3 = Buffer.of(2);
const TRUE = der(0x01, Buffer.of(0xff));
/** Bit strings: keyCertSign and cRLSign, and digitalSignature. */
const KEY_USAGE = { authority: der(0x03, Buffer.of(1, 0x06)), server: der(0x03, Buffer.of(7, 0x80)) };

/** Encodes one value: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const size = body.length.toString(16);
  const bytes = Buffer.from(size.padStart(size.length + (size.length % 2), "0"), "hex");
  const length = body.length < 0x80 ? [body.length] : [0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function bits(content: Buffer): Buffer {
  return der(0x03, Buffer.of(0), content);
}

function extension(id: string, value: Buffer, isCritical = true): Buffer {
  return sequence(oid(id), ...(isCritical ? [TRUE] : []), der(0x04, value));
}

/** X.509 limits the common name to 64 characters; clients check only the alternative names. */
function name(commonName: string): Buffer {
  const value = der(0x0c, Buffer.from(commonName.slice(0, 64)));
  return sequence(der(0x31, sequence(oid(OID.commonName), value)));
}

/** UTCTime has two digits for the year, and ends with 2049. */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]|\.\d+/g, "")}`;
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

/** 16 bytes, positive and without a leading zero byte. */
function serialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  return serial;
}

const DNS_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i;

function generalName(host: string): Buffer {
  // An address with a zone has no place in a certificate.
  if (isIP(host) > 0 && !host.includes("%")) return der(0x87, addressBytes(host));
  if (!DNS_NAME.test(host)) throw new Error(`${JSON.stringify(host)} is no DNS name`);
  return der(0x82, Buffer.from(host));
}

/** Returns the 4 or 16 bytes of an address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const hex = address.replace(/[\d.]+$/, (end) => (end.includes(".") ? hexGroups(end) : end));
  const [head = [], tail = []] = hex.split("::").map((side) => side.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** Converts the IPv4 end of an IPv6 address to two groups. */
function hexGroups(address: string): string {
  const hex = addressBytes(address).toString("hex");
  return `${hex.slice(0, 4)}:${hex.slice(4)}`;
}

/** Returns the subject of a certificate as encoded, because issuer names are compared by their bytes, and its key. */
function issuerOf(cert: string): { readonly subject: Buffer; readonly spki: Buffer } {
  const { raw } = new X509Certificate(cert);
  const [tbs] = members(raw);
  // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
  const [, , , , , subject, spki] = members(tbs as Buffer);
  return { subject: subject as Buffer, spki: spki as Buffer };
}

/** Returns the encoded members of a DER sequence. */
function members(encoded: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = contentStart(encoded, 0); at < encoded.length; ) {
    const start = contentStart(encoded, at);
    const end = start + contentLength(encoded, at);
    found.push(encoded.subarray(at, end));
    at = end;
  }
  return found;
}

function contentStart(encoded: Buffer, at: number): number {
  const first = encoded[at + 1] as number;
  return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

function contentLength(encoded: Buffer, at: number): number {
  const first = encoded[at + 1] as number;
  return first < 0x80 ? first : encoded.readUIntBE(at + 2, first & 0x7f);
}

function sha1(spki: Buffer): Buffer {
  return createHash("sha1").update(spki).digest();
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
