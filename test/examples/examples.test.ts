// Runs every folder of examples/ with the built CLI, as processes and as containers, and calls it.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { nodeImage, openTestEngine } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { get, KnapHome } from "../support/knap.ts";

const root = new URL("../../", import.meta.url).pathname;
const called = ["autoscale", "hello", "traffic-split", "websocket"];

/**
 * Folders of examples that are tests themselves, run by `test/sockets/testing/samples.test.ts` and
 * `test/sockets/cli/package.test.ts`.
 */
const samples = ["testing"];

test("every example has a test in this file", () => {
  const entries = readdirSync(join(root, "examples"), { withFileTypes: true });
  const folders = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  expect(folders.sort()).toEqual([...called, ...samples].sort());
});

describe.each(["process", "docker"] as const)("with runtime %s", (runtime) => {
  let work: string;
  let home: KnapHome;
  let image = "";
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "knap-examples-"));
    home = new KnapHome();
    if (runtime !== "docker") return;
    const engine = await openTestEngine();
    image = await nodeImage(engine);
    await engine.close();
  });
  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
    home[Symbol.dispose]();
  });

  /** Builds use a local base image, because there may be no registry. */
  function withLocalBase(folder: string): void {
    if (runtime !== "docker") return;
    const file = join(folder, "knap.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("build: .", `build: { context: ., args: { NODE_IMAGE: "${image}" } }`));
  }

  function copy(name: string): string {
    const folder = join(work, name);
    cpSync(join(root, "examples", name), folder, { recursive: true });
    withLocalBase(folder);
    return folder;
  }

  /** Runs `use` while `knap up` serves the folder. Fails if knap does not exit with 0 or leaves containers. */
  async function serving(folder: string, service: string, use: (url: string, address: string) => Promise<void>) {
    const args = ["up", "--ui", "json", "--runtime", runtime, "--container-address", "published", "--max-pods", "10"];
    const running = home.start(args, folder);
    try {
      const ready = await running.until(({ type, service: name }) => type === "ready" && name === service, 60_000);
      await use(String(ready["url"]), String(ready["address"]));
    } finally {
      expect(await running.interrupt()).toMatchObject({ code: 0 });
    }
    if (runtime !== "docker") return;
    const engine = await openTestEngine();
    const left = await engine.list(`knap.dev/host=${home.hostId}`);
    await engine.close();
    expect(left).toEqual([]);
  }

  test("hello responds at its host name and at its own port", () =>
    serving(copy("hello"), "hello", async (url, address) => {
      const greeting = expect.stringContaining("Hello World! I am hello-00001");
      expect(await get(url)).toMatchObject({ status: 200, text: greeting });
      expect(await (await fetch(address)).text()).toEqual(greeting);
    }));

  test("traffic-split sends a tenth of the requests to the green revision, which also has its own host name", () => {
    const folder = copy("traffic-split");
    return serving(folder, "colours", async (url) => {
      expect((await get(url)).text).toBe("blue\n");
      expect(await home.run(["apply", "-f", "green.yaml"], folder)).toMatchObject({ code: 0 });
      const tagged = url.replace("http://", "http://next-");
      await eventually(async () => expect((await get(tagged)).text).toBe("green\n"), 30_000);
      const colours = await Promise.all(Array.from({ length: 200 }, async () => (await get(url)).text.trim()));
      expect(new Set(colours)).toEqual(new Set(["blue", "green"]));
      expect(colours.filter((colour) => colour === "green").length).toBeLessThan(60);
    });
  });

  test("websocket echoes each message", () =>
    serving(copy("websocket"), "echo", async (_url, address) => {
      const socket = new WebSocket(address.replace("http:", "ws:"));
      const answer = new Promise((resolve) => socket.on("message", (data) => resolve(String(data))));
      await new Promise((resolve) => socket.once("open", resolve));
      socket.send("is anybody there?");
      expect(await answer).toBe("is anybody there?");
      socket.close();
    }));

  test("autoscale starts several pods under load, and no pod gets two requests at once", () =>
    serving(copy("autoscale"), "primes", async (_url, address) => {
      const load = Array.from({ length: 40 }, async () => (await fetch(`${address}/?ms=400`)).json());
      const answers = (await Promise.all(load)) as { pod: string; atOnce: number }[];
      const pods = new Set(answers.map(({ pod }) => pod)).size;
      expect(answers.every(({ atOnce }) => atOnce === 1)).toBe(true);
      expect(pods).toBeGreaterThan(1);
      expect(pods).toBeLessThanOrEqual(5);
    }));
});
