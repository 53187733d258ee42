// Creates the volume keeper of a session, and mints the service account tokens of its volumes.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Time } from "../../../base/clock.ts";
import type { NodeParts } from "../node-parts.ts";
import { HOST_LABEL } from "../orphans.ts";
import { VolumeKeeper } from "./volume-keeper.ts";
import { makeVolumeWriter } from "./volume-writer.ts";

export function makeVolumes(
  parts: Omit<NodeParts, "volumes" | "listen" | "track" | "stopPolicy" | "network" | "frozenPods">,
): VolumeKeeper {
  const { runtime, info, store, prefix, labels, clock, nodeClock } = parts;
  const tokens = new AccountTokens();
  const host = labels[HOST_LABEL];
  let versions = 0;
  return new VolumeKeeper({
    runtime,
    prefix,
    labels,
    hostLabels: host === undefined ? {} : { [HOST_LABEL]: host },
    write: makeVolumeWriter({ runtime, architecture: info.architecture, prefix, labels }),
    hasClaim: (namespace, name) => store.get("PersistentVolumeClaim", namespace, name) !== undefined,
    version: () => `${new Date(nodeClock.now()).toISOString().replace(/[-:T]/g, "_").slice(0, 19)}.${++versions}`,
    sourcesOf: (pod) => {
      const namespace = pod.metadata.namespace;
      const serviceAccount = pod.spec.serviceAccountName ?? "default";
      return {
        pod,
        configMap: (name) => store.get("ConfigMap", namespace, name),
        secret: (name) => store.get("Secret", namespace, name),
        token: (audience, expirationSeconds) =>
          tokens.mint({ namespace, serviceAccount, audience, expirationSeconds, now: clock.now() }),
        podIP: "",
        hostIP: parts.hostIP,
        nodeName: parts.nodeName,
        nodeCpus: info.cpus,
        nodeMemoryBytes: info.memoryBytes,
      };
    },
  });
}

interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  readonly expirationSeconds: number;
  readonly now: Time;
}

/** Mints service account tokens: JWTs with the claims of a cluster's tokens, signed with the session's own key. */
class AccountTokens {
  #key: KeyObject | undefined;

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
