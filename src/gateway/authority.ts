// The local certificate authority on disk: made once per user, kept, so that who trusts it once need not do so again. It signs nothing.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KeyPair, makeAuthority } from "./certificates.ts";

/** Key and certificate in one file, so that they are made together or not at all. */
const SECRET_FILE = "authority-key.pem";
/** What people give their browser. */
const PUBLIC_FILE = "authority.pem";

export interface StoredAuthority extends KeyPair {
  /** Path of the certificate alone. */
  readonly file: string;
}

/** The authority of that folder; made when there is none, or none that can be read. Rejects when the folder cannot be written. */
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
    // Another start was faster: its authority is the user's.
    const theirs = (error as NodeJS.ErrnoException).code === "EEXIST" ? await readPair(path) : undefined;
    if (theirs) return { ...theirs, file };
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
