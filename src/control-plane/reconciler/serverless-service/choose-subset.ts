// Chooses the activators of a revision by consistent hashing. A new activator then affects few revisions.
// Source: knative.dev/pkg/hash (FNV-1a angles on a circle of 2048).

const CIRCLE = 2048n;
const OFFSET_BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/** Chooses `count` of `names` for `target`, or all names if there are at most `count`. */
export function chooseSubset(names: readonly string[], count: number, target: string): ReadonlySet<string> {
  if (count >= names.length) return new Set(names);
  const circle = placed(names, target);
  const step = hash64(`${target}step-angle-salt`) % CIRCLE;
  const chosen = new Set<number>();
  for (let angle = hash64(`${target}start-angle-salt`) % CIRCLE; chosen.size < count; angle = (angle + step) % CIRCLE) {
    let index = circle.findIndex((place) => place.angle >= angle);
    if (index < 0) index = 0;
    while (chosen.has(index)) index = (index + 1) % circle.length;
    chosen.add(index);
  }
  return new Set(circle.filter((_, index) => chosen.has(index)).map((place) => place.name));
}

/** Returns the positions of the names on the circle, sorted by angle. If a position is taken, hashes again. */
function placed(
  names: readonly string[],
  target: string,
): readonly { readonly angle: bigint; readonly name: string }[] {
  const byAngle = new Map<bigint, string>();
  for (const name of [...new Set(names)].sort()) {
    let text = name + target;
    let hash = hash64(text);
    while (byAngle.has(hash % CIRCLE)) {
      text += hash.toString(16);
      hash = hash64(text);
    }
    byAngle.set(hash % CIRCLE, name);
  }
  const places = [...byAngle].map(([angle, name]) => ({ angle, name }));
  return places.sort((a, b) => (a.angle < b.angle ? -1 : 1));
}

function hash64(text: string): bigint {
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  return hash;
}
