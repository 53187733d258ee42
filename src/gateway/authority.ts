// Keeps the local certificate authority in a folder of the user, so that the user trusts it only once.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeAuthority } from "./certificates.ts";
import type { KeyPair } from "./x509.ts";

/** Key and certificate in one file, so that a write never stores only one of them. */
const SECRET_FILE = "authority-key.pem";
/** The certificate without the key, for browsers. */
const PUBLIC_FILE = "authority.pem";

export interface StoredAuthority extends KeyPair {
  /** Path of the certificate without the key. */
  readonly file: string;
}

/** Reads the authority of that folder, or makes a new one. Rejects if the folder cannot be written. */
export async function openAuthority(folder: string, now: Date): Promise<StoredAuthority> {
  const path = join(folder, SECRET_FILE);
  const file = join(folder, PUBLIC_FILE);
  const kept = await readPair(path);
  if (kept) return { ...kept, file };
  const made = await makeAuthority(now);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, made.key + made.cert, { mode: 0o600, flag: "wx" });
  } catch (error) {
    // Another session has just written its authority.
    const written = (error as NodeJS.ErrnoException).code === "EEXIST" ? await readPair(path) : undefined;
    if (written) return { ...written, file };
    await writeFile(path, made.key + made.cert, { mode: 0o600 });
  }
  await writeFile(file, made.cert);
  return { ...made, file };
}

async function readPair(path: string): Promise<KeyPair | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const [cert] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text) ?? [];
  const [key] = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\r?\n/.exec(text) ?? [];
  return cert && key ? { cert, key } : undefined;
}
