// Makes invalid and unusual variants of a YAML text, the same for the same seed, to test that readers never throw.

/** Returns a pseudo-random generator of numbers in [0, 1) (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ODD = [
  "~",
  "yes",
  "-1",
  "1.5",
  "99999999999",
  '""',
  "[]",
  "{}",
  "[a, b]",
  "{a: b}",
  "'",
  '"',
  "&x",
  "*x",
  "<<: *x",
  "!!binary aGk=",
  "!foo bar",
  "|",
  ">-",
  "\t",
  "\u0000",
  "ü€😀",
  "0o17",
  "1e3",
  "---",
  "...",
  "? a",
  "- - -",
  "__proto__: 1",
  "constructor",
];

/** Makes one to three edits: removes, doubles, moves or indents lines, replaces values and keys, removes characters. */
export function mutatedYaml(text: string, random: () => number): string {
  const lines = text.split("\n");
  const at = (): number => Math.floor(random() * lines.length);
  const oddLine = (): string => ODD[Math.floor(random() * ODD.length)] as string;
  const edits: readonly (() => void)[] = [
    () => void lines.splice(at(), 1),
    () => void lines.splice(at(), 0, lines[at()] ?? ""),
    () => void lines.splice(at(), 0, oddLine()),
    () => edit(lines, at(), (line) => `  ${line}`),
    () => edit(lines, at(), (line) => line.replace(/^ {1,2}/, "")),
    () => edit(lines, at(), (line) => line.replace(/:.*$/, `: ${oddLine()}`)),
    () => edit(lines, at(), (line) => line.replace(/[A-Za-z]+(?=:)/, oddLine())),
    () => edit(lines, at(), (line) => line.replace(/- ?/, `- ${oddLine()}\n${" ".repeat(Math.floor(random() * 8))}`)),
    () => {
      const cut = Math.floor(random() * 20);
      edit(lines, at(), (line) => line.slice(0, cut) + line.slice(cut + 1));
    },
    () => edit(lines, at(), (line) => `${line} ${oddLine()}`),
  ];
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    edits[Math.floor(random() * edits.length)]?.();
    if (lines.length === 0) lines.push(oddLine());
  }
  return lines.join("\n");
}

function edit(lines: string[], at: number, change: (line: string) => string): void {
  lines[at] = change(lines[at] ?? "");
}
