// Computes digests as lower-case hex. Pure rooms use the crypto module only through this file.
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Returns the MD5 hash as 32 hex digits. */
export function md5Hex(text: string): string {
  return hash("md5", text);
}

/** Returns the SHA-256 hash as 64 hex digits. */
export function sha256Hex(content: string | Uint8Array): string {
  return hash("sha256", content);
}

/** CRC-32 (IEEE) as 8 hex digits. */
export function crc32Hex(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
