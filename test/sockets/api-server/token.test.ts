// The token of the API: only the exact token is accepted, and over https never in a URL.
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiRig, startApi } from "../../support/api.ts";

const TOKEN = "c2VjcmV0";
const LIST = "/api/v1/namespaces/default/configmaps";

/** Tokens of the right length that differ in one character. */
const similar = [...TOKEN].map((_, at) => `${TOKEN.slice(0, at)}x${TOKEN.slice(at + 1)}`);
const wrong = [...similar, "", "x", TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase(), "x".repeat(TOKEN.length)];

describe.each(["http", "https"] as const)("the API over %s", (scheme) => {
  let api: ApiRig;
  beforeAll(async () => {
    api = await startApi({ token: TOKEN, scheme });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const askFor = (path: string, authorization?: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const get = scheme === "https" ? getSecure : getPlain;
      const headers = authorization === undefined ? {} : { authorization };
      const options = { headers, ca: api.authority, agent: false };
      get(api.address + path, options, async (message) => {
        let text = "";
        for await (const chunk of message) text += String(chunk);
        resolve({ status: message.statusCode ?? 0, text });
      }).on("error", reject);
    });
  const statusOf = async (path: string, authorization?: string): Promise<number> =>
    (await askFor(path, authorization)).status;

  test("the API accepts the bearer token (11 A6)", async () => {
    expect(await statusOf(LIST, `Bearer ${TOKEN}`)).toBe(200);
  });

  test("a request without the token gets a Status of 401", async () => {
    const { status, text } = await askFor(LIST);
    expect([status, JSON.parse(text)]).toMatchObject([
      401,
      { kind: "Status", status: "Failure", reason: "Unauthorized", code: 401 },
    ]);
  });

  test.each(wrong)("the API refuses the token %j (11 A6)", async (token) => {
    expect(await statusOf(LIST, `Bearer ${token}`)).toBe(401);
    expect(await statusOf(`/token/${token || "%20"}${LIST}`)).toBe(401);
  });

  test.each([undefined, TOKEN, `bearer ${TOKEN}`, `Basic ${TOKEN}`, `Bearer  ${TOKEN.slice(1)}`])(
    "the API refuses the authorization %j (11 A6)",
    async (authorization) => {
      expect(await statusOf(LIST, authorization)).toBe(401);
    },
  );

  test.runIf(scheme === "http")("the API accepts the token as prefix of the path (11 A6)", async () => {
    expect(await statusOf(`/token/${TOKEN}${LIST}`)).toBe(200);
    const other = `/token/${"x".repeat(TOKEN.length)}`;
    expect(await statusOf(other + LIST, `Bearer ${TOKEN}`)).toBe(401);
  });

  test.runIf(scheme === "https")("the API refuses the token as prefix of the path", async () => {
    expect(await statusOf(`/token/${TOKEN}${LIST}`)).toBe(401);
    expect(await statusOf(`/token/${TOKEN}${LIST}`, `Bearer ${TOKEN}`)).toBe(404);
  });

  test.each(["/healthz", "/healthz/ping", "/livez", "/readyz", "/version"])(
    "the API answers %s without a token",
    async (path) => {
      expect(await statusOf(path)).toBe(200);
    },
  );
});
