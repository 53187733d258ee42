// Makes the server URL of a kubeconfig. Pure.

/**
 * Returns the API's address with the token in the path. client-go sends the credentials of a kubeconfig only over
 * https, but puts the path of the server URL before the path of each request.
 */
export function kubeconfigServer({ address, token }: { readonly address: string; readonly token: string }): string {
  return `${address}/token/${encodeURIComponent(token)}`;
}
