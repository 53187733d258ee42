import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type WatchedPaths, watchPaths } from "../../../src/dev/watch-paths.ts";
import { eventually } from "../../support/eventually.ts";

let folder: string;
let watched: WatchedPaths;
const reported: string[] = [];
const at = (name: string): string => join(folder, name);
/** Runs `act` and returns the reported paths, relative to the folder. */
async function reportedDuring(act: () => Promise<unknown>): Promise<readonly string[]> {
  // Late reports of an earlier change arrive in this time.
  await sleep(200);
  reported.length = 0;
  await act();
  await eventually(() => expect(reported).not.toEqual([]), 3000).catch(() => {});
  return [...new Set(reported.map((path) => path.slice(folder.length + 1)))];
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-watch-"));
  watched = watchPaths(
    (path) => void reported.push(path),
    (setting) => void reported.push(setting),
  );
});
afterEach(async () => {
  await watched[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("watched files", () => {
  test("the watcher reports a file each time it is deleted and created again", async () => {
    await writeFile(at("app.yaml"), "1");
    await watched.follow([at("app.yaml")]);
    for (const round of ["2", "3"]) {
      expect(await reportedDuring(() => rename(at("app.yaml"), at("app.bak")))).toContain("app.yaml");
      await sleep(300);
      expect(await reportedDuring(() => writeFile(at("app.yaml"), round))).toEqual(["app.yaml"]);
      expect(await reportedDuring(() => writeFile(at("app.yaml"), `${round}!`))).toEqual(["app.yaml"]);
    }
  });

  test("the watcher reports a file that is replaced by a link to itself, and the next file", async () => {
    await mkdir(at("src"));
    for (const name of ["app.yaml", "src/a.mjs"]) {
      await writeFile(at(name), "1");
      await watched.follow([at("app.yaml"), at("src")]);
      const link = (): Promise<void> => rm(at(name)).then(() => symlink(basename(name), at(name)));
      expect(await reportedDuring(link)).toEqual([name]);
      await watched.follow([at("app.yaml"), at("src")]);
      expect(await reportedDuring(() => rm(at(name)).then(() => writeFile(at(name), "2")))).toContain(name);
    }
  });

  test("the watcher reports every save of a file in a folder, however quickly they follow each other", async () => {
    await mkdir(at("src"));
    await writeFile(at("src/a.mjs"), "0");
    await watched.follow([at("src")]);
    const ways = [
      (text: string) => writeFile(at("src/a.mjs"), text),
      async (text: string) => {
        await rename(at("src/a.mjs"), at("src/a.mjs~"));
        await writeFile(at("src/a.mjs"), text);
        await rm(at("src/a.mjs~"));
      },
      async (text: string) => {
        await rm(at("src/a.mjs"));
        await writeFile(at("src/a.mjs"), text);
      },
      async (text: string) => {
        await writeFile(at("src/b.tmp"), text);
        await rename(at("src/b.tmp"), at("src/a.mjs"));
      },
    ];
    for (let round = 0; round < 24; round++) {
      reported.length = 0;
      await ways[round % ways.length]?.(String(round));
      await eventually(() => expect(reported).toContain(at("src/a.mjs")), 3000);
      await sleep(round * 3);
    }
    reported.length = 0;
    await rm(at("src"), { recursive: true });
    await eventually(() => expect(reported).toContain(at("src/a.mjs")), 3000);
  });

  test("the watcher reports the creation of a watched file, and of other files only if they have the name of a manifest", async () => {
    await watched.follow([at("app.yaml")]);
    expect(await reportedDuring(() => writeFile(at("app.yaml"), "1"))).toEqual(["app.yaml"]);
    const others = await reportedDuring(async () => {
      await writeFile(at("README.md"), "1");
      await mkdir(at("src"));
      await writeFile(at("src/knap.yaml"), "1");
      await writeFile(at("knap.yaml"), "1");
      await writeFile(at("my-service.dev.yaml"), "1");
      await sleep(300);
    });
    expect([...others].sort()).toEqual(["knap.yaml", "my-service.dev.yaml"]);
  });

  test("a watched folder that is deleted and created again is watched again once it is followed", async () => {
    const save = (text: string) => reportedDuring(() => writeFile(at("src/a.mjs"), text));
    const roots = [at("src")];
    await mkdir(at("src"));
    await watched.follow(roots);
    const remove = () => rm(at("src"), { recursive: true });
    const reportedSoonAfter = (act: () => Promise<unknown>) => reportedDuring(() => act().then(() => sleep(200)));
    // The folder is empty and has files; it is created again at once and later.
    for (const isLater of [false, true, false, true]) {
      if (isLater) {
        expect(await reportedSoonAfter(remove)).toContain("src");
        await watched.follow(roots);
        expect(await reportedSoonAfter(() => mkdir(at("src")))).toContain("src");
      } else {
        expect(await reportedSoonAfter(() => remove().then(() => mkdir(at("src"))))).toContain("src");
      }
      await watched.follow(roots);
      expect(await save("1")).toEqual([join("src", "a.mjs")]);
      expect(await save("2")).toEqual([join("src", "a.mjs")]);
    }
  });

  test("a watched file is reported when its folder is created, and after that was deleted and created again", async () => {
    await watched.follow([at("conf/app/app.env")]);
    const create = async (): Promise<void> => {
      await mkdir(at("conf/app"), { recursive: true });
      await writeFile(at("conf/app/app.env"), "1");
    };
    const remove = () => rm(at("conf"), { recursive: true });
    const file = [join("conf", "app", "app.env")];
    for (const act of [create, () => remove().then(create), remove, create]) {
      expect(await reportedDuring(act)).toEqual(file);
      // The watcher follows the new folder.
      await sleep(300);
    }
    for (const text of ["2", "3"]) {
      expect(await reportedDuring(() => writeFile(at("conf/app/app.env"), text))).toEqual(file);
    }
  });

  test("the watcher reports files in subfolders of a watched folder until it no longer watches the folder", async () => {
    await mkdir(at("src/deep"), { recursive: true });
    await writeFile(at("app.yaml"), "1");
    await watched.follow([at("src"), at("app.yaml")]);
    expect(await reportedDuring(() => writeFile(at("src/deep/a.mjs"), "1"))).toEqual([join("src", "deep", "a.mjs")]);
    await watched.follow([at("app.yaml")]);
    expect(
      await reportedDuring(async () => {
        await writeFile(at("src/deep/a.mjs"), "2");
        await sleep(300);
        await writeFile(at("app.yaml"), "2");
      }),
    ).toEqual(["app.yaml"]);
    await watched.follow([at("app.yaml"), at("src")]);
    expect(await reportedDuring(() => writeFile(at("src/deep/a.mjs"), "3"))).toEqual([join("src", "deep", "a.mjs")]);
  });

  test("the watcher reports links below a watched folder, and nothing behind them unless the link itself is watched", async () => {
    await mkdir(at("src"));
    await mkdir(at("elsewhere/deep"), { recursive: true });
    await symlink(at("elsewhere"), at("src/early"));
    const saveElsewhere = () =>
      reportedDuring(async () => {
        await writeFile(at("elsewhere/deep/a.mjs"), String(Math.random()));
        await sleep(300);
        await writeFile(at("src/last.mjs"), String(Math.random()));
      });
    await watched.follow([at("src")]);
    expect(await saveElsewhere()).toEqual([join("src", "last.mjs")]);
    const link = async (): Promise<void> => {
      await symlink(at("elsewhere"), at("src/late"));
      await symlink("..", at("src/loop"));
      await sleep(300);
    };
    expect([...(await reportedDuring(link))].sort()).toEqual([join("src", "late"), join("src", "loop")]);
    expect(await saveElsewhere()).toEqual([join("src", "last.mjs")]);
    await watched.follow([at("src"), at("src/late")]);
    expect(await saveElsewhere()).toContain(join("src", "late", "deep", "a.mjs"));
  });
});

const watchSource = new URL("../../../src/dev/watch-paths.ts", import.meta.url).href;
/** A user namespace has its own limit of watchers; some machines do not allow one. */
const limitedShell = (script: string) => spawnSync("unshare", ["-Ur", "sh", "-c", script], { encoding: "utf8" });
const canLimit = limitedShell("echo 8 > /proc/sys/user/max_inotify_watches").status === 0;

test.skipIf(!canLimit)("the setting of the system is reported once if it allows no more watchers", async () => {
  for (let index = 0; index < 30; index++) await mkdir(at(`src/${index}`), { recursive: true });
  const script = `
    import { watchPaths } from ${JSON.stringify(watchSource)};
    const watched = watchPaths(() => {}, (setting) => console.log(setting));
    await watched.follow([${JSON.stringify(at("src"))}]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await watched[Symbol.asyncDispose]();
  `;
  const node = `exec "${process.execPath}" --import tsx --input-type=module -e "$SCRIPT"`;
  const { stdout, stderr } = spawnSync(
    "unshare",
    ["-Ur", "sh", "-c", `echo 8 > /proc/sys/user/max_inotify_watches && ${node}`],
    { encoding: "utf8", env: { ...process.env, SCRIPT: script } },
  );
  expect(stdout, stderr).toBe("fs.inotify.max_user_watches\n");
});
