// Computes which /24 subnets are free for a session's network. IPv4 only. Pure.

/** Inclusive range of IPv4 addresses as unsigned integers. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** knap has its own range, because the engine's default ranges allow only about thirty networks. */
export const DEFAULT_SUBNETS = "10.213.0.0/16";

/**
 * Returns the /24 subnets of `pools` (comma-separated CIDRs) that overlap none of `taken` (CIDRs), in order. Ignores
 * IPv6 and malformed CIDRs.
 */
export function freeSubnets(pools: string, taken: readonly string[]): string[] {
  const used = taken.map(parseCidr).filter((range) => range !== undefined);
  const free: string[] = [];
  for (const pool of pools.split(",")) {
    const range = parseCidr(pool.trim());
    if (!range) continue;
    for (let base = Math.ceil(range.first / 256) * 256; base + 255 <= range.last; base += 256) {
      const candidate = { first: base, last: base + 255 };
      if (!used.some((other) => overlaps(candidate, other))) free.push(`${dotted(base)}/24`);
    }
  }
  return free;
}

/** Returns the first usable address of a subnet, which the engine uses as gateway. */
export function gatewayOf(subnet: string): string {
  const range = parseCidr(subnet);
  return range ? dotted(range.first + 1) : "";
}

function overlaps(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function parseCidr(text: string): Range | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1, 5).map(Number);
  const size = 2 ** (32 - Number(match[5] ?? 32));
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
