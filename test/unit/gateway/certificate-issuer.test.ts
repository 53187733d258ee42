// Tests how the issuer handles Certificates that it cannot issue.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { CertificateIssuer } from "../../../src/gateway/certificate-issuer.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { makeStore, written } from "../../support/store.ts";

const KIND = "Certificate.networking.internal.knative.dev";

test("a Certificate that could not be issued is tried again after 10 s, until close (11 A1)", async () => {
  const parent = mkdtempSync(join(tmpdir(), "issuer-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const folder = join(parent, "authority");
  writeFileSync(folder, "not a folder");
  const store = makeStore();
  const timers = new ManualClock();
  const issuer = new CertificateIssuer({ store, clock: timers, timers, folder, log: silentLogger });
  const create = (name: string, host = "a.example"): void =>
    void written(
      store.create({
        apiVersion: "networking.internal.knative.dev/v1alpha1",
        kind: "Certificate",
        metadata: { name, namespace: "default" },
        spec: { dnsNames: [host], secretName: name },
      }),
    );
  const readyOf = (name: string): unknown => store.get(KIND, "default", name)?.status?.conditions?.[0]?.status;
  create("a");
  await issuer.idle();
  expect([readyOf("a"), timers.pending]).toEqual(["False", 1]);
  rmSync(folder);
  await timers.advance(10_000);
  await issuer.idle();
  expect([readyOf("a"), timers.pending]).toEqual(["True", 0]);
  expect(store.get("Secret", "default", "a")).toBeDefined();
  create("b", "\ud800");
  await issuer.idle();
  expect([readyOf("b"), timers.pending]).toEqual(["False", 1]);
  issuer.close();
  expect(timers.pending).toBe(0);
});
