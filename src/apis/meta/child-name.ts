// Names of children: parent plus suffix, hashed when longer than a DNS label. Source: knative.dev/pkg/kmeta/names.go.
import { md5Hex } from "../../base/hash.ts";

const LONGEST = 63;
const HASH = 32;
const HEAD = LONGEST - HASH;

/** `parent + suffix` if that fits 63 characters, else a head of the parent, an md5 of it, and the suffix. */
export function childName(parent: string, suffix: string): string {
  if (parent.length + suffix.length <= LONGEST) return parent + suffix;
  if (suffix.length < HEAD) return parent.slice(0, HEAD - suffix.length) + md5Hex(parent) + suffix;
  const name = (parent.slice(0, HEAD) + md5Hex(parent + suffix) + suffix).slice(0, LONGEST);
  return name.replace(/[^0-9A-Za-z]+$/, "");
}
