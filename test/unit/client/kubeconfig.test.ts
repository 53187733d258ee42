// Tests how the kubeconfig carries the credentials of the API.
import { expect, test } from "vitest";
import { makeKubeconfig } from "../../../src/client/kubeconfig.ts";

const read = (scheme: string, authority?: string) =>
  JSON.parse(makeKubeconfig({ address: `${scheme}://127.0.0.1:1`, token: "t", authority }, "shop"));

test("over https the kubeconfig has authority and bearer token, and no token in the URL", () => {
  const { clusters, users, contexts } = read("https", "PEM");
  expect(clusters[0].cluster).toEqual({ server: "https://127.0.0.1:1", "certificate-authority-data": "UEVN" });
  expect(users[0].user).toEqual({ token: "t" });
  expect(contexts[0].context).toMatchObject({ namespace: "shop" });
});

test("over http the server URL has the token, because client-go sends no credentials over http", () => {
  const { clusters, users } = read("http");
  expect(clusters[0].cluster).toEqual({ server: "http://127.0.0.1:1/token/t", "insecure-skip-tls-verify": true });
  expect(users[0].user).toEqual({});
});
