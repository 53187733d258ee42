// Measures a save in watch mode until the first answer with the new content, against the same work done by hand in the
// same run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leftovers, nodeImage, openTestEngine, testLabel } from "../support/engine.ts";
import { get, KnapHome } from "../support/knap.ts";
import { type Bench, type Figure, median, quantile } from "./bench.ts";
import { type ByHand, openContainer, openProcess } from "./save/by-hand.ts";
import { type SavedFile, save, writeProject } from "./save/project.ts";

const SAVES = Number(process.env["KNAP_BENCH_SAVES"] ?? 30);
const EVERY_MS = 3;
const GIVE_UP_MS = 60_000;
/** The pause between two saves, so that each one is a batch of its own. */
const BETWEEN_MS = 300;
/** Faster rebuilds in a row count as changes that a program makes. */
const BETWEEN_REBUILDS_MS = 5100;

interface Case {
  readonly file: SavedFile;
  readonly what: string;
  readonly reference: string;
  /** The goal: this many milliseconds more than by hand. */
  readonly overMs: number;
}

const containerCases: readonly Case[] = [
  { file: "public", what: "sync", reference: "copy", overMs: 150 },
  { file: "source", what: "sync+restart", reference: "copy and restart", overMs: 200 },
  { file: "built", what: "rebuild", reference: "build and start", overMs: 300 },
];
const processCase: Case = { file: "source", what: "process restart", reference: "end and start", overMs: 150 };

export const saveBench: Bench = {
  name: `save: until the first answer with the new content, ${SAVES} saves each`,
  async run() {
    const figures = await measureProcess();
    try {
      return { figures: [...(await measureContainers()), ...figures] };
    } catch (error) {
      if ((error as { code?: string }).code !== "unreachable") throw error;
      return { figures, skipped: `containers: ${(error as Error).message}` };
    }
  },
};

async function measureContainers(): Promise<readonly Figure[]> {
  const runtime = await openTestEngine();
  const { labels, filter } = testLabel();
  const base = await nodeImage(runtime);
  const figures = await withProject(base, "docker", async (folder, url) => {
    const byHand = await openContainer(runtime, base, labels);
    const measured: Figure[] = [];
    for (const each of containerCases) measured.push(...(await compare(each, { folder, url, byHand })));
    await byHand.close();
    return measured;
  });
  const left = await leftovers(runtime, filter);
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
  await runtime.close();
  return figures;
}

function measureProcess(): Promise<readonly Figure[]> {
  return withProject("scratch", "process", async (folder, url) => {
    const byHand = await openProcess("scratch");
    const figures = await compare(processCase, { folder, url, byHand });
    await byHand.close();
    return figures;
  });
}

/** Runs `knap up` in watch mode with the project. `url` is the address of its Service. */
async function withProject<T>(
  base: string,
  runtime: "docker" | "process",
  measure: (folder: string, url: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "knap-save-"));
  using home = new KnapHome();
  writeProject(folder, base);
  const knap = home.start(["up", "--ui", "json", "--runtime", runtime], folder);
  const { url } = await knap.until(({ type }) => type === "session");
  const service = String(url).replace("localhost", "hello.default.localhost");
  await answered(service, "/public", "0");
  const result = await measure(folder, service);
  await knap.interrupt();
  rmSync(folder, { recursive: true });
  return result;
}

interface Compared {
  readonly folder: string;
  readonly url: string;
  readonly byHand: ByHand;
}

/** Saves in turn for knap and by hand. */
async function compare(
  { file, what, reference, overMs }: Case,
  { folder, url, byHand }: Compared,
): Promise<readonly Figure[]> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  const path = `/${file}`;
  for (let round = 1; round <= SAVES; round++) {
    await new Promise((done) => setTimeout(done, what === "rebuild" ? BETWEEN_REBUILDS_MS : BETWEEN_MS));
    const text = `${file} ${round}`;
    const saved = performance.now();
    save(folder, file, text);
    await answered(url, path, text);
    ours.push(performance.now() - saved);
    const textByHand = `${text} by hand`;
    const began = performance.now();
    save(byHand.folder, file, textByHand);
    await byHand.update(file);
    await answered(await byHand.url(), path, textByHand);
    theirs.push(performance.now() - began);
  }
  const over = median(ours) - median(theirs);
  const goal = { goal: `≤ ${overMs} ms over ${reference}`, reached: over <= overMs };
  return [
    { name: `by hand: ${reference}`, value: median(theirs), unit: "ms" },
    { name: `by hand: ${reference}, p95`, value: quantile(theirs, 0.95), unit: "ms" },
    { name: `knap: ${what}`, value: median(ours), unit: "ms", ...goal },
    { name: `knap: ${what}, p95`, value: quantile(ours, 0.95), unit: "ms" },
    { name: `knap: ${what}, over by hand`, value: over, unit: "ms" },
  ];
}

/** Resolves when the app answers with the text. */
async function answered(url: string, path: string, text: string): Promise<void> {
  const until = performance.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await get(url + path).catch(() => undefined);
    if (answer?.status === 200 && answer.text === text) return;
    if (performance.now() > until)
      throw new Error(`${url}${path} does not answer "${text}"; last: ${JSON.stringify(answer)}`);
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
