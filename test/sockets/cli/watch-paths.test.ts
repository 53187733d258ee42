import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type WatchedPaths, watchPaths } from "../../../src/dev/watch-paths.ts";
import { eventually } from "../../support/eventually.ts";

let folder: string;
let watched: WatchedPaths;
const seen: string[] = [];
const at = (name: string): string => join(folder, name);
/** What is noticed after the act, as paths below the folder. */
async function noticed(act: () => Promise<unknown>): Promise<readonly string[]> {
  // What still comes from the act before.
  await sleep(200);
  seen.length = 0;
  await act();
  await eventually(() => expect(seen).not.toEqual([]), 3000).catch(() => {});
  return [...new Set(seen.map((path) => path.slice(folder.length + 1)))];
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-watch-"));
  watched = watchPaths((path) => void seen.push(path));
});
afterEach(async () => {
  await watched[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("watched files", () => {
  test("a file that is deleted and created again later is reported each time", async () => {
    await writeFile(at("app.yaml"), "1");
    await watched.follow([at("app.yaml")]);
    for (const round of ["2", "3"]) {
      expect(await noticed(() => rename(at("app.yaml"), at("app.bak")))).toContain("app.yaml");
      await sleep(300);
      expect(await noticed(() => writeFile(at("app.yaml"), round))).toEqual(["app.yaml"]);
      expect(await noticed(() => writeFile(at("app.yaml"), `${round}!`))).toEqual(["app.yaml"]);
    }
  });

  test("a file that does not exist yet is reported when it is created; its neighbours only if their names are watched", async () => {
    await watched.follow([at("app.yaml")]);
    expect(await noticed(() => writeFile(at("app.yaml"), "1"))).toEqual(["app.yaml"]);
    const others = await noticed(async () => {
      await writeFile(at("README.md"), "1");
      await mkdir(at("src"));
      await writeFile(at("src/knap.yaml"), "1");
      await writeFile(at("knap.yaml"), "1");
      await writeFile(at("my-service.dev.yaml"), "1");
      await sleep(300);
    });
    expect([...others].sort()).toEqual(["knap.yaml", "my-service.dev.yaml"]);
  });

  test("a watched folder includes its subfolders until it is no longer watched", async () => {
    await mkdir(at("src/deep"), { recursive: true });
    await writeFile(at("app.yaml"), "1");
    await watched.follow([at("src"), at("app.yaml")]);
    expect(await noticed(() => writeFile(at("src/deep/a.mjs"), "1"))).toEqual([join("src", "deep", "a.mjs")]);
    await watched.follow([at("app.yaml")]);
    expect(
      await noticed(async () => {
        await writeFile(at("src/deep/a.mjs"), "2");
        await sleep(300);
        await writeFile(at("app.yaml"), "2");
      }),
    ).toEqual(["app.yaml"]);
    await watched.follow([at("app.yaml"), at("src")]);
    expect(await noticed(() => writeFile(at("src/deep/a.mjs"), "3"))).toEqual([join("src", "deep", "a.mjs")]);
  });
});
