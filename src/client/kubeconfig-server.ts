// The server address that kubeconfigs carry. Pure.

/**
 * The API's address with the token in its path. kubectl, kn and client-go send no token of a kubeconfig over plain http
 * (client-go reads credentials only for https), but they keep the path of their server in front of every request.
 */
export function kubeconfigServer({ address, token }: { readonly address: string; readonly token: string }): string {
  return `${address}/token/${encodeURIComponent(token)}`;
}
