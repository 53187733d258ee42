// Tests that other programs accept the certificates that knap makes.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { makeAuthorityCertificate, makeServerCertificate } from "../../../src/gateway/x509.ts";

const valid = { notBefore: new Date("2020-02-03T04:05:06.789Z"), notAfter: new Date("2051-02-03T04:05:06Z") };
const authorityOf = (commonName = "test authority") => makeAuthorityCertificate({ commonName, ...valid });

/** Returns true if there is an openssl program. */
function hasOpenssl(): boolean {
  try {
    return execFileSync("openssl", ["version"], { encoding: "utf8", stdio: "pipe" }).startsWith("OpenSSL");
  } catch {
    return false;
  }
}

test("a server certificate has its names and addresses, its times, and the signature of its authority", async () => {
  const authority = await authorityOf();
  const hosts = ["a.example", "*.b.example", "127.0.0.1", "::1", "2001:db8::ff:0:1", "::ffff:10.1.2.3"];
  const pair = await makeServerCertificate({ commonName: "x".repeat(99), hosts, ...valid }, authority);
  const [cert, signer] = [new X509Certificate(pair.cert), new X509Certificate(authority.cert)];
  expect(cert.verify(signer.publicKey)).toBe(true);
  expect(cert.checkIssued(signer)).toBe(true);
  expect([cert.ca, signer.ca]).toEqual([false, true]);
  expect(cert.subjectAltName).toBe(
    "DNS:a.example, DNS:*.b.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, " +
      "IP Address:2001:DB8:0:0:0:FF:0:1, IP Address:0:0:0:0:0:FFFF:A01:203",
  );
  expect(cert.checkHost("c.b.example")).toBe("*.b.example");
  expect(cert.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect([cert.validFrom, cert.validTo]).toEqual(["Feb  3 04:05:06 2020 GMT", "Feb  3 04:05:06 2051 GMT"]);
  expect(cert.subject).toBe(`CN=${"x".repeat(64)}`);
  expect(() => createSecureContext(pair)).not.toThrow();
});

test("a certificate with many names has lengths of several bytes", async () => {
  const hosts = Array.from({ length: 300 }, (_, index) => `host-${index}.a-long-domain.example`);
  const { cert } = await makeServerCertificate({ commonName: "many", hosts, ...valid }, await authorityOf());
  expect(new X509Certificate(cert).subjectAltName?.split(", ")).toHaveLength(300);
});

test.each(["", "x:y", "fe80::1%lo", "a b", "a..\n", "*.*.x\u0000", "\ud800", "ä.example"])(
  "%j cannot be in a certificate",
  async (host) => {
    const making = makeServerCertificate({ commonName: "x", hosts: [host], ...valid }, await authorityOf());
    await expect(making).rejects.toThrow(`${JSON.stringify(host)} is no DNS name`);
  },
);

test.skipIf(!hasOpenssl())("OpenSSL's strict mode accepts the certificates (needs openssl on PATH)", async () => {
  const folder = mkdtempSync(join(tmpdir(), "x509-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const authority = await authorityOf("Größe");
  const server = await makeServerCertificate({ commonName: "s", hosts: ["localhost"], ...valid }, authority);
  writeFileSync(join(folder, "ca.pem"), authority.cert);
  writeFileSync(join(folder, "server.pem"), server.cert);
  const names = ["-verify_hostname", "localhost", "-purpose", "sslserver"];
  const args = ["verify", "-x509_strict", "-check_ss_sig", ...names, "-CAfile", "ca.pem", "server.pem"];
  expect(execFileSync("openssl", args, { cwd: folder, encoding: "utf8" })).toBe("server.pem: OK\n");
});
