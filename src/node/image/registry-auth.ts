// Finds the credentials for a registry in pull secrets, docker's config.json and its credential helpers.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseImageReference } from "../../apis/core/image-reference.ts";
import type { Secret } from "../../apis/core/types.ts";
import { fieldsOf, isFields, parseJson } from "../../base/json.ts";
import type { RegistryAuth } from "../runtime/build-request.ts";

interface StoredAuth {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/** The format of docker's config.json; a dockerconfigjson Secret has only `auths`. */
export interface RegistryConfig {
  readonly auths?: Readonly<Record<string, StoredAuth>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** The key of Docker Hub in config files. */
const HUB_KEY = "https://index.docker.io/v1/";
const HUB_HOSTS = ["index.docker.io", "docker.io", "registry-1.docker.io"];

/**
 * Runs `docker-credential-<helper> get` with the server on stdin; resolves with undefined if the helper has no
 * credentials.
 */
export type CredentialHelper = (helper: string, server: string) => Promise<RegistryAuth | undefined>;

/** Returns the first matching credentials in the order of `configs`. Within one config, the longest path wins. */
export async function authFor(
  reference: string,
  configs: readonly RegistryConfig[],
  ask: CredentialHelper = askHelper,
): Promise<RegistryAuth | undefined> {
  const parsed = parseImageReference(reference);
  if (!parsed) return undefined;
  const { registry, repository } = parsed;
  const server = HUB_HOSTS.includes(registry) ? HUB_KEY : registry;
  for (const config of configs) {
    const helper = config.credHelpers?.[registry] ?? config.credHelpers?.[server];
    if (helper !== undefined) {
      const found = await ask(helper, server);
      if (found) return found;
    }
    const stored = matchAuth(config.auths, registry, repository);
    if (stored) return { serverAddress: server, ...stored };
    if (config.credsStore && helper === undefined) {
      const found = await ask(config.credsStore, server);
      if (found) return found;
    }
  }
  return undefined;
}

/** Returns the registry configs in Secrets. Ignores Secrets of other types and malformed ones. */
export function configsOfSecrets(secrets: readonly Secret[]): RegistryConfig[] {
  return secrets.flatMap((secret): RegistryConfig[] => {
    const config = decodeJson(secret.data?.[".dockerconfigjson"]);
    if (isFields(config)) return [config];
    const auths = decodeJson(secret.data?.[".dockercfg"]);
    return isFields(auths) ? [{ auths: auths as NonNullable<RegistryConfig["auths"]> }] : [];
  });
}

/** Reads docker's config.json. Returns an empty config if the file is missing or malformed. */
export async function readDockerConfig(env: Readonly<Record<string, string | undefined>>): Promise<RegistryConfig> {
  const folder = env["DOCKER_CONFIG"] || join(homedir(), ".docker");
  return fieldsOf(parseJson(await readFile(join(folder, "config.json"), "utf8").catch(() => "")));
}

function matchAuth(
  auths: RegistryConfig["auths"],
  registry: string,
  repository: string,
): Omit<RegistryAuth, "serverAddress"> | undefined {
  let best: { length: number; auth: StoredAuth } | undefined;
  // Files and Secrets of users can have values of any type.
  for (const [key, auth] of Object.entries(fieldsOf(auths))) {
    if (!isFields(auth)) continue;
    const location = key
      .replace(/^https?:\/\//, "")
      .replace(/\/v[12]\/?$/, "")
      .replace(/\/$/, "");
    const slash = location.indexOf("/");
    const host = slash < 0 ? location : location.slice(0, slash);
    const path = slash < 0 ? "" : location.slice(slash + 1);
    const sameHost = host === registry || (HUB_HOSTS.includes(host) && HUB_HOSTS.includes(registry));
    const within = path === "" || repository === path || repository.startsWith(`${path}/`);
    if (sameHost && within && (!best || path.length > best.length)) best = { length: path.length, auth };
  }
  return best && readStored(best.auth);
}

/** Returns undefined for an empty entry: docker writes one if a helper has the secret. */
function readStored(stored: StoredAuth): Omit<RegistryAuth, "serverAddress"> | undefined {
  if (stored.identitytoken) return { identityToken: stored.identitytoken };
  if (stored.username !== undefined && stored.password !== undefined) {
    return { username: stored.username, password: stored.password };
  }
  const text = stored.auth ? Buffer.from(stored.auth, "base64").toString("utf8") : "";
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeJson(base64: unknown): unknown {
  return typeof base64 === "string" ? parseJson(Buffer.from(base64, "base64").toString("utf8")) : undefined;
}

const askHelper: CredentialHelper = (helper, server) =>
  new Promise((resolve) => {
    // A path in the helper's name could run another program.
    if (!/^[\w.-]+$/.test(helper)) return resolve(undefined);
    const child = execFile(`docker-credential-${helper}`, ["get"], { timeout: 10_000 }, (error, stdout) => {
      const { Username: username, Secret: secret } = fieldsOf(error ? undefined : parseJson(stdout));
      if (typeof username !== "string" || typeof secret !== "string") resolve(undefined);
      else if (username === "<token>") resolve({ serverAddress: server, identityToken: secret });
      else resolve({ serverAddress: server, username, password: secret });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(server);
  });
