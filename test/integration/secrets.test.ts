// Nothing that a session writes contains its token or a registry password, whatever the registry answers.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { get, KnapHome } from "../support/knap.ts";

const LOGIN_PASSWORD = "l0g1n-pa55w0rd";
const SECRET_PASSWORD = "53cr3t-pa55w0rd";
/** The value of `auth`. */
const encoded = (password: string): string => Buffer.from(`robot:${password}`).toString("base64");

let home: KnapHome;
beforeEach(() => {
  home = new KnapHome();
});
afterEach(() => home[Symbol.dispose]());

/** A registry that refuses everybody, and quotes the credentials of the request in its answer. */
async function openQuotingRegistry(): Promise<AsyncDisposable & { readonly host: string; requests(): number }> {
  let requests = 0;
  const server = createServer(({ headers }, reply) => {
    requests++;
    const { authorization = "" } = headers;
    if (authorization === "") reply.writeHead(401, { "www-authenticate": 'Basic realm="private"' }).end();
    else
      reply.writeHead(403).end(JSON.stringify({ errors: [{ code: "DENIED", message: `denied: ${authorization}` }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

const commandLines = (): string =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join("/proc", pid, "cmdline"), "utf8");
      } catch {
        return "";
      }
    })
    .join("\n");

test("neither token nor registry passwords are in output, files, process list and pages of a session (11 A2)", async () => {
  await using registry = await openQuotingRegistry();
  const folder = join(home.folder, "project");
  mkdirSync(folder);
  const auths = (password: string) => JSON.stringify({ auths: { [registry.host]: { auth: encoded(password) } } });
  writeFileSync(join(home.folder, "config.json"), auths(LOGIN_PASSWORD));
  home.env["DOCKER_CONFIG"] = home.folder;
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "pull" },
    type: "kubernetes.io/dockerconfigjson",
    stringData: { ".dockerconfigjson": auths(SECRET_PASSWORD) },
  };
  const serviceOf = (name: string, more: object) => ({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name },
    spec: { template: { spec: { containers: [{ image: `${registry.host}/private/${name}:1` }], ...more } } },
  });
  const objects = [
    secret,
    serviceOf("logged-in", {}),
    serviceOf("with-secret", { imagePullSecrets: [{ name: "pull" }] }),
  ];
  writeFileSync(join(folder, "service.yaml"), objects.map((object) => JSON.stringify(object)).join("\n---\n"));

  const knap = home.start(["up", "-v", "--ui", "plain", "--no-watch", "--api-scheme", "http"], folder);
  const [id = ""] = await eventually(() => {
    const found = readdirSync(join(home.folder, "knap")).filter((name) => /^[0-9a-f]{8}$/.test(name));
    expect(found).toHaveLength(1);
    expect(knap.stderr).toContain("serves 2 Services");
    return found;
  }, 30_000);
  const session = join(home.folder, "knap", id);
  const token = readFileSync(join(session, "token"), "utf8").trim();
  const { api, ingress } = JSON.parse(readFileSync(join(session, "session.json"), "utf8"));
  await eventually(() => {
    expect(registry.requests()).toBeGreaterThan(3);
    for (const name of ["logged-in", "with-secret"])
      expect(knap.stderr).toMatch(new RegExp(`${name}.*(denied|forbidden)`, "i"));
  }, 60_000);
  const pages = await Promise.all(
    [ingress, `${ingress}/x`, api, `${api}/token/wrong/api`, `${api}/token/${token}/nothing`].map((url) => get(url)),
  );
  const shown = await Promise.all(
    [
      ["get", "events"],
      ["get", "pods,ksvc,revision", "-o", "yaml"],
      ["describe", "pods"],
      ["doctor", "-f", folder],
    ].map((args) => home.run(args, folder)),
  );
  const files = filesBelow(session).filter((path) => !/\/(token|kubeconfig)$/.test(path));
  const texts = files.map((path) => readFileSync(path, "utf8"));
  const processes = commandLines();
  const { stdout, stderr } = await knap.interrupt();
  const all = [stdout, stderr, processes, ...texts, ...pages.map(({ text }) => text), JSON.stringify(shown)].join("\n");
  for (const credential of [token, LOGIN_PASSWORD, SECRET_PASSWORD, encoded(LOGIN_PASSWORD), encoded(SECRET_PASSWORD)])
    expect(all.split("\n").filter((line) => line.includes(credential))).toEqual([]);
  for (const name of ["token", "kubeconfig"]) expect(files).not.toContain(join(session, name));
}, 120_000);
