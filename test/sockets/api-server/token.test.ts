// The token of the API: only the exact token is accepted.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiRig, startApi } from "../../support/api.ts";

const TOKEN = "c2VjcmV0";
const LIST = "/api/v1/namespaces/default/configmaps";
let api: ApiRig;
beforeAll(async () => {
  api = await startApi({ token: TOKEN });
});
afterAll(() => api[Symbol.asyncDispose]());

/** Tokens of the right length that differ in one character. */
const similar = [...TOKEN].map((_, at) => `${TOKEN.slice(0, at)}x${TOKEN.slice(at + 1)}`);

const statusOf = async (path: string, authorization?: string): Promise<number> =>
  (await fetch(api.address + path, authorization === undefined ? {} : { headers: { authorization } })).status;

describe("the API", () => {
  test("accepts the token as bearer and as prefix of the path (11 A6)", async () => {
    expect(await statusOf(LIST, `Bearer ${TOKEN}`)).toBe(200);
    expect(await statusOf(`/token/${TOKEN}${LIST}`)).toBe(200);
  });

  test.each([...similar, "", "x", TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase(), "x".repeat(TOKEN.length)])(
    "refuses the token %j (11 A6)",
    async (token) => {
      expect(await statusOf(LIST, `Bearer ${token}`)).toBe(401);
      expect(await statusOf(`/token/${token || "%20"}${LIST}`)).toBe(401);
    },
  );

  test.each([undefined, TOKEN, `bearer ${TOKEN}`, `Basic ${TOKEN}`, `Bearer  ${TOKEN.slice(1)}`])(
    "refuses the authorization %j (11 A6)",
    async (authorization) => {
      expect(await statusOf(LIST, authorization)).toBe(401);
    },
  );

  test("refuses a wrong token in the path even with the right bearer token (11 A6)", async () => {
    expect(await statusOf(`/token/${"x".repeat(TOKEN.length)}${LIST}`, `Bearer ${TOKEN}`)).toBe(401);
  });

  test.each(["/healthz", "/livez", "/readyz", "/version"])("answers %s without a token", async (path) => {
    expect(await statusOf(path)).toBe(200);
  });
});
