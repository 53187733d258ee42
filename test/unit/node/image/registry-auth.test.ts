// Tests which credentials each registry gets.
import { describe, expect, test } from "vitest";
import { authFor, configsOfSecrets } from "../../../../src/node/image/registry-auth.ts";

const basic = (text: string) => ({ auth: Buffer.from(text).toString("base64") });
const nobody = async () => undefined;

describe("registry credentials", () => {
  test("Docker Hub's credentials are found under its key in docker's config file", async () => {
    const config = { auths: { "https://index.docker.io/v1/": basic("me:secret:with:colons") } };
    const expected = { serverAddress: "https://index.docker.io/v1/", username: "me", password: "secret:with:colons" };
    expect(await authFor("nginx", [config], nobody)).toEqual(expected);
    expect(await authFor("docker.io/acme/web:1", [config], nobody)).toEqual(expected);
    expect(await authFor("ghcr.io/acme/web:1", [config], nobody)).toBeUndefined();
  });

  test("the longest matching path applies, and only whole path segments match", async () => {
    const config = {
      auths: { "reg.io": basic("all:1"), "reg.io/team": basic("team:2"), "https://reg.io/team/app": basic("app:3") },
    };
    const user = async (image: string) => (await authFor(image, [config], nobody))?.username;
    expect(await user("reg.io/other/x")).toBe("all");
    expect(await user("reg.io/team/x")).toBe("team");
    expect(await user("reg.io/team/app:1")).toBe("app");
    expect(await user("reg.io/teamwork/x")).toBe("all");
  });

  test("the pod's Secrets take precedence over the user's own credentials", async () => {
    const pod = { auths: { "reg.io": { username: "pod", password: "p" } } };
    const own = { auths: { "reg.io": basic("own:o") } };
    expect((await authFor("reg.io/a/b", [pod, own], nobody))?.username).toBe("pod");
    expect((await authFor("reg.io/a/b", [{ auths: { "reg.io": {} } }, own], nobody))?.username).toBe("own");
  });

  test("a registry's own helper takes precedence over the common store, and identity tokens are recognised", async () => {
    const helperCalls: string[] = [];
    const helper = async (name: string, server: string) => {
      helperCalls.push(`${name} ${server}`);
      return name === "ecr" ? { serverAddress: server, identityToken: "t" } : undefined;
    };
    const config = { credHelpers: { "ecr.aws": "ecr" }, credsStore: "desktop", auths: { "ecr.aws": {} } };
    expect(await authFor("ecr.aws/a/b", [config], helper)).toEqual({ serverAddress: "ecr.aws", identityToken: "t" });
    expect(await authFor("other.io/a/b", [config], helper)).toBeUndefined();
    expect(helperCalls).toEqual(["ecr ecr.aws", "desktop other.io"]);
  });

  test("a helper name that is a path is not run", async () => {
    expect(await authFor("reg.io/a/b", [{ credsStore: "../../bin/sh" }])).toBeUndefined();
  });

  test("both Secret formats are read; malformed Secrets and other types are ignored", () => {
    const secret = (data: Record<string, string>) => ({
      apiVersion: "v1",
      kind: "Secret" as const,
      metadata: { name: "s" },
      data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
    });
    const auths = { "reg.io": { username: "u", password: "p" } };
    expect(
      configsOfSecrets([
        secret({ ".dockerconfigjson": JSON.stringify({ auths }) }),
        secret({ ".dockercfg": JSON.stringify(auths) }),
        secret({ ".dockerconfigjson": "{" }),
        secret({ password: "x" }),
      ]),
    ).toEqual([{ auths }, { auths }]);
  });

  test("configs with values of wrong types give no credentials and no error (11 A1)", async () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
    const secret = (data: object) => ({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data }) as never;
    const values = [null, 1, "text", [], { auths: null }, { auths: "x" }, { auths: { "reg.io": null } }];
    for (const value of values) {
      const configs = configsOfSecrets([
        secret({ ".dockerconfigjson": encode(value) }),
        secret({ ".dockercfg": encode(value) }),
        secret({ ".dockercfg": 5 }),
      ]);
      expect(await authFor("reg.io/team/app", configs, nobody)).toBeUndefined();
    }
  });
});
