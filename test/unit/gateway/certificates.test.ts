import { expect, test } from "vitest";
import { Certificates, makeAuthority } from "../../../src/gateway/certificates.ts";

test("a host that cannot be in a certificate does not keep other hosts from getting one (11 A1)", async () => {
  const now = new Date();
  const certificates = await Certificates.open({ authority: await makeAuthority(now), now: () => now });
  const bad = "\ud800";
  await expect(certificates.prepare([bad, "x:y", "good.example"])).rejects.toThrow("no certificate can be issued for");
  expect(certificates.missing([bad, "x:y", "good.example"])).toEqual([]);
  expect(certificates.contextFor(bad)).toBe(certificates.contextFor("unknown.example"));
  expect(certificates.contextFor("good.example")).not.toBe(certificates.contextFor("unknown.example"));
  await certificates.prepare([bad]);
});

test("the user's certificate stays if it is set while another one is issued for its host (11 A1)", async () => {
  const now = new Date();
  const authority = await makeAuthority(now);
  const certificates = await Certificates.open({ authority, now: () => now });
  for (const host of ["own.example", "\ud800"]) {
    const preparing = certificates.prepare([host]).catch(() => {});
    expect(certificates.use([host], certificates.defaultPair)).toBeUndefined();
    const own = certificates.contextFor(host);
    await preparing;
    expect(certificates.contextFor(host)).toBe(own);
  }
});
