// Service account tokens: JWTs of a key of this session's own. They look like a cluster's; nobody but this session could check them.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Time } from "../../../base/clock.ts";

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  readonly expirationSeconds: number;
  readonly now: Time;
}

export class AccountTokens {
  #key: KeyObject | undefined;

  /** A signed token (ES256). */
  mint({ namespace, serviceAccount, audience, expirationSeconds, now }: TokenRequest): string {
    this.#key ??= generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const issued = Math.floor(now / 1000);
    const issuer = "https://kubernetes.default.svc.cluster.local";
    const header = { alg: "ES256", kid: "knap" };
    const claims = {
      aud: [audience || issuer],
      exp: issued + expirationSeconds,
      iat: issued,
      nbf: issued,
      iss: issuer,
      sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
      "kubernetes.io": { namespace, serviceaccount: { name: serviceAccount } },
    };
    const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    const signature = sign("sha256", Buffer.from(text), { key: this.#key, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }
}
