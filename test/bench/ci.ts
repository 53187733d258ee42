// Measures `knap ci` of the installed package against the same work by hand with docker and curl: start a container,
// wait for 200, remove it. Both use the image of examples/hello.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leftovers, nodeImage, openTestEngine } from "../support/engine.ts";
import { KnapHome } from "../support/knap.ts";
import { type Bench, type Figure, median } from "./bench.ts";

const PAIRS = Number(process.env["KNAP_BENCH_CI_PAIRS"] ?? 10);
const GOAL = 1.2;
const root = new URL("../../", import.meta.url).pathname;

const BY_HAND = [
  'id=$(docker run --detach --publish 127.0.0.1::8080 "$IMAGE")',
  'trap "docker rm --force $id >/dev/null" EXIT',
  "until curl -fsS http://$(docker port $id 8080) >/dev/null 2>&1; do sleep 0.01; done",
].join("\n");

export const ciBench: Bench = {
  name: `knap ci of examples/hello, ${PAIRS} pairs`,
  async run() {
    const runtime = await openTestEngine().catch((error: Error) => error);
    if (runtime instanceof Error) return { figures: [], skipped: runtime.message };
    using home = new KnapHome();
    const image = `knap-test/ci-bench:${randomBytes(4).toString("hex")}`;
    const work = mkdtempSync(join(tmpdir(), "knap-ci-bench-"));
    try {
      buildHello(image, await nodeImage(runtime));
      const knap = install(work);
      const manifest = join(work, "service.yaml");
      const text = readFileSync(join(root, "examples/hello/service.yaml"), "utf8");
      writeFileSync(manifest, text.replace("dev.local/examples/hello", image));
      const env = { ...home.env, IMAGE: image };
      const request = ["sh", "-c", 'curl -fsS "$KNAP_URL"'];
      const figures = compare(
        () => void execFileSync("sh", ["-ec", BY_HAND], { env, stdio: "ignore" }),
        () => void execFileSync(knap, ["ci", "-f", manifest, "--", ...request], { env, cwd: work, stdio: "ignore" }),
      );
      const left = await leftovers(runtime, `knap.dev/host=${home.hostId}`);
      if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
      return { figures };
    } finally {
      rmSync(work, { recursive: true });
      await runtime.images.remove(image);
      await runtime.close();
    }
  },
};

function buildHello(image: string, base: string): void {
  const args = ["build", "--quiet", "--tag", image, "--build-arg", `NODE_IMAGE=${base}`, join(root, "examples/hello")];
  execFileSync("docker", args, { stdio: "ignore" });
}

/** Installs the packed package into the folder and returns the path of its program. */
function install(folder: string): string {
  const options = { cwd: folder, encoding: "utf8", stdio: "pipe" } as const;
  const tarball = execFileSync("node", [join(root, "scripts/pack.mjs"), folder], options).trim();
  execFileSync("npm", ["install", "--prefix", folder, "--offline", tarball], options);
  return join(folder, "node_modules/.bin/knap");
}

/** Runs both alternately, because the load of the machine changes. The first pair fills caches and does not count. */
function compare(byHand: () => void, knap: () => void): readonly Figure[] {
  const times: { byHand: number; knap: number }[] = [];
  for (let pair = 0; pair <= PAIRS; pair += 1) times.push({ byHand: wallMs(byHand), knap: wallMs(knap) });
  const counted = times.slice(1);
  const ratio = median(counted.map((pair) => pair.knap / pair.byHand));
  return [
    { name: "docker run, curl, docker rm", value: median(counted.map((pair) => pair.byHand)), unit: "ms" },
    { name: "knap ci", value: median(counted.map((pair) => pair.knap)), unit: "ms" },
    { name: "ratio of a pair, median", value: ratio, unit: "×", goal: `≤ ${GOAL} ×`, reached: ratio <= GOAL },
  ];
}

function wallMs(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
