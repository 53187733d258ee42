// Tests https of a session: Certificates of the local authority, https URLs in the status, and X-Forwarded-Proto.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { issueCertificate, makeAuthority } from "../../src/gateway/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { ask, openSession, type TestSession } from "../support/session.ts";

describe("a session with external-domain-tls and redirect", () => {
  let session: TestSession;
  let stateFolder: string;
  beforeAll(async () => {
    stateFolder = mkdtempSync(join(tmpdir(), "knap-https-"));
    const network = { "external-domain-tls": "Enabled", "http-protocol": "Redirected" };
    session = await openSession("process", { stateFolder, configMaps: new Map([["config-network", network]]) });
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    rmSync(stateFolder, { recursive: true, force: true });
  });

  /** Maps each port of the gateway's Service to its port on this machine. */
  const gatewayPorts = async () => {
    const key = { kind: "Service", namespace: "knative-serving", name: "knap-gateway" } as const;
    const { spec } = (await session.emulator.client.get(key)) ?? {};
    return Object.fromEntries((spec?.ports ?? []).map(({ port, nodePort }) => [port, nodePort]));
  };

  test("a Service answers at the https URL of its status, with a certificate that the stored authority signed", async () => {
    expect(session.emulator.https).toBeUndefined();
    expect(await gatewayPorts()).toEqual({ 80: session.emulator.ingress.port });
    await session.deploy("safe");
    await eventually(async () => {
      const { status } = await session.ready("safe");
      expect(status?.url).toBe(`https://safe.default.localhost:${session.emulator.https?.port}`);
    });
    const { host, port } = session.emulator.https ?? {};
    expect(await gatewayPorts()).toEqual({ 80: session.emulator.ingress.port, 443: port });
    const ca = readFileSync(join(stateFolder, "authority", "authority.pem"));
    const name = "safe.default.localhost";
    const outgoing = get({ host, port, ca, servername: name, path: "/echo", headers: { host: name }, agent: false });
    const [reply] = await once(outgoing, "response");
    let text = "";
    for await (const chunk of reply) text += chunk;
    const { headers } = JSON.parse(text) as { headers: string[] };
    const lower = headers.map((part) => part.toLowerCase());
    expect(headers[lower.indexOf("x-forwarded-proto") + 1]).toBe("https");
    const plain = await ask({ ...session.emulator.ingress, path: "/", headers: { host: name } });
    expect(plain.status).toBe(301);
  });

  test("the Certificate of a Service is Ready, and its deleted Secret is created again", async () => {
    const { client } = session.emulator;
    const { items } = await client.list("Certificate.networking.internal.knative.dev", { namespace: "default" });
    const secretName = items[0]?.spec.secretName ?? "";
    const key = { kind: "Secret", namespace: "default", name: secretName } as const;
    const before = await client.get(key);
    expect(before?.type).toBe("kubernetes.io/tls");
    await client.delete(key);
    await eventually(async () => {
      const after: AnyObject | undefined = await client.get(key);
      expect(after?.metadata.uid).toBeDefined();
      expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    });
  });
});

test("a mapped domain with the user's own Secret uses that certificate, and its Service's URL stays http", async () => {
  const network = { "autocreate-cluster-domain-claims": "true" };
  const session = await openSession("process", { configMaps: new Map([["config-network", network]]) });
  try {
    await session.deploy("mapped");
    await session.ready("mapped");
    const own = await makeAuthority(new Date());
    const pair = await issueCertificate(own, ["shop.example.com"], new Date());
    const stringData = { "tls.crt": pair.cert, "tls.key": pair.key };
    const metadata = { name: "shop-tls", namespace: "default" };
    await session.apply({ apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls", stringData } as never);
    await session.apply({
      apiVersion: "serving.knative.dev/v1beta1",
      kind: "DomainMapping",
      metadata: { name: "shop.example.com", namespace: "default" },
      spec: {
        ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "mapped" },
        tls: { secretName: "shop-tls" },
      },
    } as never);
    const reply = await eventually(async () => {
      const { host, port } = session.emulator.https ?? {};
      if (port === undefined) throw new Error("https is not served yet");
      const name = "shop.example.com";
      const outgoing = get({ host, port, ca: own.cert, servername: name, headers: { host: name }, agent: false });
      const [answered] = await once(outgoing, "response");
      let text = "";
      for await (const chunk of answered) text += chunk;
      expect(answered.statusCode).toBe(200);
      return text;
    });
    expect(reply).toBe("hello from mapped-00001\n");
    expect((await session.service("mapped")).status?.url).toMatch(/^http:/);
  } finally {
    await session[Symbol.asyncDispose]();
  }
});
