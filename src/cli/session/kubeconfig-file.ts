// The kubeconfig that kubectl, kn and client libraries use to reach a session. It never touches ~/.kube/config.
import { kubeconfigServer } from "../../client/kubeconfig-server.ts";

/** A kubeconfig as JSON (which is YAML), for one session. */
export function makeKubeconfig(api: { readonly address: string; readonly token: string }, namespace: string): string {
  const name = "knap";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    // The flag only stops client libraries that refuse http without it.
    clusters: [{ name, cluster: { server: kubeconfigServer(api), "insecure-skip-tls-verify": true } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
