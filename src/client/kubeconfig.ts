// Makes the kubeconfig of a session. Pure.
import type { ApiAccess } from "./client.ts";

/** Returns the kubeconfig as JSON, which is valid YAML. */
export function makeKubeconfig(api: ApiAccess, namespace: string): string {
  const name = "knap";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: clusterOf(api) }],
    users: [{ name, user: api.authority === undefined ? {} : { token: api.token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function clusterOf({ address, token, authority }: ApiAccess): object {
  if (authority !== undefined) {
    return { server: address, "certificate-authority-data": Buffer.from(authority).toString("base64") };
  }
  // client-go sends no credentials over http, but puts the path of the server URL before the path of each request.
  // Some client libraries refuse http without the flag.
  return { server: `${address}/token/${encodeURIComponent(token)}`, "insecure-skip-tls-verify": true };
}
