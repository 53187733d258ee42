// Tests watch mode on real containers: what a saved file does to the running Service, for each rule and way of saving.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { nodeImage, openTestEngine, removeBuilds } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { get, KnapHome, type RunningKnap } from "../support/knap.ts";

/** Answers with the greeting of its code, of a file that it reads at each request, its process and its revision. */
const app = (greeting: string): string => `import { createServer } from "node:http";
import { readFileSync, existsSync } from "node:fs";
const read = (path) => (existsSync(path) ? readFileSync(path, "utf8").trim() : "none");
const boot = String(Math.random());
createServer((_, response) => response.end(JSON.stringify({
  code: ${JSON.stringify(greeting)}, page: read("/app/public/page.txt"), extra: read("/app/src/extra.txt"),
  done: read("/tmp/done"), shared: read("/shared/lib.txt"), boot, revision: process.env.K_REVISION,
}))).listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit());
`;
const manifest = (more = "") => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec:
  template:
    metadata:
      annotations: { autoscaling.knative.dev/window: 6s${more} }
    spec: { containers: [{ image: dev.local/test/hello }] }
`;
const dockerfile = `ARG NODE_IMAGE
FROM \${NODE_IMAGE}
WORKDIR /app
COPY package.json ./
COPY public ./public
COPY src ./src
CMD ["node", "src/main.mjs"]
`;

let engine: ContainerRuntime;
let image: string;
let home: KnapHome;
let folder: string;
let knap: RunningKnap;
let address: string;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const answer = async (): Promise<Record<string, string>> => JSON.parse((await get(address)).text);
const expectAnswer = (expected: Record<string, unknown>, withinMs = 15_000) =>
  eventually(async () => expect(await answer()).toMatchObject(expected), withinMs);
const synced = () => knap.events.filter(({ type }) => type === "synced");
/** The folders of copies of synced files, one per session. */
const copies = (): readonly string[] => {
  const copied = join(home.folder, "knap", "overlays", hostname());
  return existsSync(copied) ? readdirSync(copied) : [];
};
const builds = () => knap.events.filter(({ type, phase }) => type === "build" && phase === "started");

beforeAll(async () => {
  engine = await openTestEngine();
  image = await nodeImage(engine);
});
afterAll(() => engine.close());
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "docker" });
  folder = join(home.folder, "project");
  for (const name of ["src", "public", "shared"]) mkdirSync(join(folder, name), { recursive: true });
  write("Dockerfile", dockerfile);
  write("package.json", "{}");
  write("public/page.txt", "one");
  write("src/main.mjs", app("one"));
  write("shared/lib.txt", "one");
  write("service.yaml", manifest());
});
afterEach(async () => {
  await knap.interrupt();
  await removeBuilds(engine, home);
  const left = [...(await engine.list(`knap.dev/host=${home.hostId}`)), ...copies()];
  home[Symbol.dispose]();
  expect(left).toEqual([]);
});

/** Starts `knap up`, with rules of knap.yaml, each in one line; without rules they come from the Dockerfile. */
async function up(rules?: readonly string[]): Promise<void> {
  const develop =
    rules === undefined ? "" : `\n    develop:\n      watch:\n${rules.map((rule) => `        - ${rule}\n`).join("")}`;
  write("knap.yaml", `services:\n  hello:\n    build: { context: ., args: { NODE_IMAGE: "${image}" } }${develop}\n`);
  knap = home.start(["up", "--ui", "json", "--container-address", "published"], folder);
  const ready = await knap.until(({ type }) => type === "ready", 60_000);
  address = String(ready["address"]);
}

describe("without rules", () => {
  test("saved code restarts the container in the same revision, and a manifest of dependencies is a rebuild", async () => {
    await up();
    const notice = await knap.until(({ text }) => String(text).includes("knap init --watch"));
    expect(notice["text"]).toContain(
      "a change of public, src is synced and restarts it; a change of Dockerfile, package.json rebuilds it",
    );
    const { boot } = await answer();
    write("src/main.mjs", app("two"));
    await expectAnswer({ code: "two", revision: "hello-00001" });
    expect((await answer())["boot"]).not.toBe(boot);
    const event = await knap.until(({ type }) => type === "synced");
    expect(event).toMatchObject({ files: ["src/main.mjs"], instances: 1, dirty: 1 });
    expect(copies()).toHaveLength(1);
    write("public/page.txt", "two");
    await expectAnswer({ page: "two" });
    const shown = async (...args: readonly string[]) => (await home.run(args, folder)).stdout;
    for (const kind of ["ksvc", "revision"]) expect(await shown("get", kind)).toMatch(/ DIRTY\n.* \+2\n/);
    expect(await shown("describe", "ksvc", "hello")).toContain("Dirty:        2 files synced since the build");
    await eventually(async () =>
      expect(await shown("events", "revision/hello-00001")).toMatch(
        /\(x2 over .*Synced .*public\/page.txt to 1 instance; served \d+ ms/,
      ),
    );
    expect(builds()).toHaveLength(1);
    write("package.json", '{ "name": "hello" }');
    await expectAnswer({ code: "two", revision: "hello-00002" }, 60_000);
    expect(await shown("get", "ksvc,revision")).not.toContain("DIRTY");
  });

  test("a read-only file system makes every change a rebuild, and the reason is said once", async () => {
    const readOnly = "{ image: dev.local/test/hello, securityContext: { readOnlyRootFilesystem: true } }";
    write("service.yaml", manifest().replace("{ image: dev.local/test/hello }", readOnly));
    await up();
    for (const [text, revision] of [
      ["two", "hello-00002"],
      ["three", "hello-00003"],
    ] as const) {
      write("public/page.txt", text);
      await expectAnswer({ page: text, revision }, 60_000);
    }
    const notices = knap.events.filter(({ text }) => String(text).includes("files cannot be synced"));
    expect(notices).toHaveLength(1);
    expect(notices[0]?.["text"]).toMatch(/read-only.*a new revision has them/);
  });

  test("several instances get the files, and restart one after the other without a failed request", async () => {
    write("service.yaml", manifest(', autoscaling.knative.dev/min-scale: "3"'));
    await up();
    const failed: number[] = [];
    let isDone = false;
    const load = (async () => {
      while (!isDone) {
        const { status } = await get(address);
        if (status !== 200) failed.push(status);
        await sleep(10);
      }
    })();
    write("src/main.mjs", app("two"));
    expect(await knap.until(({ type }) => type === "synced")).toMatchObject({ instances: 3, dirty: 1 });
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await answer())["code"]));
    isDone = true;
    await load;
    expect([failed, new Set(codes)]).toEqual([[], new Set(["two"])]);
  });
});

describe("with rules", () => {
  test("each action does what compose's does: sync, restart, sync+exec, rebuild", async () => {
    await up([
      "{ path: public, target: /app/public, action: sync }",
      "{ path: src/main.mjs, target: /app/src/main.mjs, action: sync+restart }",
      '{ path: src, target: /app/src, action: sync+exec, include: "*.txt", exec: { command: [sh, -c, "echo $WHAT > /tmp/done"], environment: { WHAT: ran } } }',
      "{ path: shared, action: restart }",
    ]);
    const { boot } = await answer();
    write("public/page.txt", "two");
    await expectAnswer({ page: "two", boot });
    write("src/extra.txt", "new");
    await expectAnswer({ extra: "new", done: "ran", boot });
    write("shared/lib.txt", "two");
    await eventually(async () => expect((await answer())["boot"]).not.toBe(boot));
    write("src/main.mjs", app("two"));
    await expectAnswer({ code: "two", page: "two", extra: "new", revision: "hello-00001" });
    rmSync(join(folder, "src/extra.txt"));
    await expectAnswer({ extra: "none", revision: "hello-00001" });
    expect(builds()).toHaveLength(1);
    write("README.md", "no rule covers this file");
    await expectAnswer({ code: "two", page: "two", done: "none", revision: "hello-00002" }, 60_000);
    expect(builds()).toHaveLength(2);
  });

  test("a deleted file of the image is a rebuild with the reason, and initial_sync brings files that no COPY has", async () => {
    await up([
      "{ path: shared, target: /shared, action: sync, initial_sync: true }",
      "{ path: public, target: /app/public, action: sync }",
    ]);
    await expectAnswer({ shared: "one" });
    rmSync(join(folder, "public/page.txt"));
    const changed = await knap.until(({ type, phase }) => type === "build" && phase === "changed", 60_000);
    expect(changed["message"]).toBe("public/page.txt (public/page.txt was deleted, and the image has it)");
    await expectAnswer({ page: "none", shared: "one", revision: "hello-00002" }, 60_000);
  });
});

describe("ways of saving", () => {
  beforeEach(() => up(["{ path: public, target: /app/public, action: sync }"]));

  test("a file is synced whichever way an editor saves it, again and again", async () => {
    const path = join(folder, "public/page.txt");
    const ways: Readonly<Record<string, (text: string) => void>> = {
      "in place": (text) => writeFileSync(path, text),
      "by renaming a new file over the old one": (text) => {
        writeFileSync(`${path}.tmp`, text);
        renameSync(`${path}.tmp`, path);
      },
      "with a backup of the old file": (text) => {
        renameSync(path, `${path}~`);
        writeFileSync(path, text);
        rmSync(`${path}~`);
      },
      "by deleting and creating the file": (text) => {
        rmSync(path);
        writeFileSync(path, text);
      },
      "in two steps": (text) => {
        writeFileSync(path, "");
        setTimeout(() => writeFileSync(path, text), 30);
      },
      "with a temporary file beside it": (text) => {
        writeFileSync(join(folder, "public/sedXyZ"), text);
        renameSync(join(folder, "public/sedXyZ"), path);
      },
    };
    for (const [way, save] of Object.entries(ways)) {
      for (const round of [1, 2]) {
        save(`${way} ${round}`);
        await expectAnswer({ page: `${way} ${round}`, revision: "hello-00001" });
      }
    }
    expect(builds()).toHaveLength(1);
  });

  test("a symbolic link that is swapped is synced as a link", async () => {
    for (const text of ["two", "three"]) {
      mkdirSync(join(folder, `public/${text}`));
      write(`public/${text}/page.txt`, text);
      symlinkSync(`${text}/page.txt`, join(folder, "public/next"));
      renameSync(join(folder, "public/next"), join(folder, "public/page.txt"));
      await expectAnswer({ page: text });
    }
  });

  test("a git checkout of 500 files is one sync", async () => {
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], { cwd: folder });
    const writeAll = (text: string): void => {
      for (let at = 0; at < 500; at++) write(`public/${at}.txt`, `${text} ${at}`);
      write("public/page.txt", text);
    };
    await knap.interrupt();
    writeAll("one");
    git("init", "-q", "-b", "main");
    git("add", "public");
    git("commit", "-qm", "one");
    git("checkout", "-qb", "feature");
    writeAll("two");
    git("commit", "-qam", "two");
    git("checkout", "-q", "main");
    await up(["{ path: public, target: /app/public, action: sync }"]);
    git("checkout", "-q", "feature");
    await expectAnswer({ page: "two", revision: "hello-00001" });
    const sizes = () => synced().map(({ files }) => (files as string[]).length);
    await eventually(() => expect(sizes()).toEqual([501]));
    git("checkout", "-q", "main");
    await expectAnswer({ page: "one", revision: "hello-00001" });
    await eventually(() => expect(sizes()).toEqual([501, 501]));
  });
});

describe("a save at an inconvenient time", () => {
  test("at zero the next instance has the files, and while it wakes too", async () => {
    await up();
    await eventually(async () => expect(await engine.list(`knap.dev/host=${home.hostId}`)).toEqual([]), 60_000);
    write("src/main.mjs", app("two"));
    expect(await knap.until(({ type }) => type === "synced")).toMatchObject({ instances: 0, dirty: 1 });
    const waking = answer();
    await sleep(50);
    write("src/main.mjs", app("three"));
    expect(["two", "three"]).toContain((await waking)["code"]);
    await expectAnswer({ code: "three", revision: "hello-00001" });
    expect(builds()).toHaveLength(1);
  });

  test("during a build and during a roll-out the last state wins", async () => {
    await up();
    write("package.json", '{ "name": "a" }');
    await eventually(() => expect(builds()).toHaveLength(2), 20_000);
    write("src/main.mjs", app("during the build"));
    write("package.json", '{ "name": "b" }');
    await knap.until(
      ({ type, phase, message }) => type === "build" && phase === "changed" && String(message).includes("src/main.mjs"),
      60_000,
    );
    write("src/main.mjs", app("during the roll-out"));
    await expectAnswer({ code: "during the roll-out", revision: "hello-00002" }, 60_000);
  });

  test("an edit of the manifest with the same image keeps synced files in the new revision", async () => {
    await up();
    write("src/main.mjs", app("two"));
    await expectAnswer({ code: "two" });
    write("service.yaml", manifest(", example.com/a: b"));
    await expectAnswer({ code: "two", revision: "hello-00002" }, 30_000);
    expect(builds()).toHaveLength(1);
  });
});
