// Reads the secrets of a build and finds its ssh agents, so that a missing one fails the build before it starts.
import { readFile, stat } from "node:fs/promises";
import { errorText } from "../../base/errors.ts";
import { BuildError } from "../runtime/build-error.ts";
import type { AgentSource, BuildAgent, BuildSecret, SecretSource } from "../runtime/build-request.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** BuildKit's limit. */
const LARGEST_SECRET = 500 * 1024;
/** Shorter lines of a secret are not masked: they could be part of any word. */
const SHORTEST_MASKED = 6;

/** Rejects with a {@link BuildError} about `secrets` that names the secret, but not its content. */
export async function readBuildSecrets(
  sources: readonly SecretSource[],
  env: Environment,
): Promise<readonly BuildSecret[]> {
  return Promise.all(
    sources.map(async (source) => {
      const content = "file" in source ? await readSecretFile(source) : readVariable(source, env);
      if (content.length <= LARGEST_SECRET) return { id: source.id, content };
      throw refused(
        "secrets",
        `the secret "${source.id}" is larger than ${LARGEST_SECRET / 1024} KiB, BuildKit's limit`,
      );
    }),
  );
}

async function readSecretFile({ id, file }: Extract<SecretSource, { file: string }>): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw refused("secrets", `the file of the secret "${id}" cannot be read: ${errorText(error)}`);
  }
}

function readVariable({ id, environment }: Extract<SecretSource, { environment: string }>, env: Environment): Buffer {
  const value = env[environment];
  if (value !== undefined) return Buffer.from(value);
  throw refused("secrets", `the secret "${id}" needs the environment variable ${environment}, which is not set`);
}

/** Rejects with a {@link BuildError} about `ssh`. */
export async function findAgents(sources: readonly AgentSource[], env: Environment): Promise<readonly BuildAgent[]> {
  return Promise.all(
    sources.map(async ({ id, path = env["SSH_AUTH_SOCK"] }) => {
      if (!path) throw refused("ssh", "SSH_AUTH_SOCK is not set: start an ssh-agent, or name a socket as id=path");
      const found = await stat(path).catch((error: unknown) => {
        throw refused("ssh", `the socket of the ssh agent "${id}" cannot be used: ${errorText(error)}`);
      });
      if (found.isSocket() || process.platform === "win32") return { id, socket: path };
      throw refused(
        "ssh",
        `${path} is no socket of an ssh agent: add the key with \`ssh-add ${path}\` and write only "${id}"`,
      );
    }),
  );
}

function refused(setting: string, message: string): BuildError {
  return new BuildError("invalid", message, { setting });
}

/** Returns a function that replaces the secrets in a line of output. */
export function maskOf(secrets: readonly BuildSecret[]): (line: string) => string {
  const lines = secrets.flatMap(({ content }) => content.toString("utf8").split(/\r?\n/)).map((line) => line.trim());
  // A long secret can contain a short one.
  const hidden = lines.filter((line) => line.length >= SHORTEST_MASKED).sort((a, b) => b.length - a.length);
  return (line) => hidden.reduce((text, secret) => text.replaceAll(secret, "***"), line);
}
