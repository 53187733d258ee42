// Tests which files of a folder a build context contains.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { extract } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contextIgnores, packContext } from "../../../../src/node/image/build-context.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knap-context-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
interface Packed {
  readonly names: readonly string[];
  readonly owners: readonly string[];
  readonly dockerfile: string;
}
/** `meanwhile` runs before the tar is read. */
const packed = async (
  dockerfile = "Dockerfile",
  from = folder,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Packed> => {
  const context = packContext(from, dockerfile);
  await meanwhile();
  const names: string[] = [];
  const owners = new Set<string>();
  const reader = extract();
  reader.on("entry", (header, stream, next) => {
    if (header.type !== "directory") names.push(header.name);
    owners.add(`${header.uid} ${header.gid} ${header.mtime?.getTime()}`);
    stream.on("end", next).resume();
  });
  await new Promise((resolve, reject) => {
    context.stream.on("error", reject).pipe(reader).on("finish", resolve).on("error", reject);
  });
  return { names: names.sort(), owners: [...owners], dockerfile: context.dockerfile };
};

describe("a build context", () => {
  test("a build context omits the paths in .dockerignore at any depth", async () => {
    write({
      Dockerfile: "FROM x",
      ".dockerignore": "node_modules\n**/*.log\n",
      "a.js": "",
      "node_modules/m/index.js": "",
      "deep/b.log": "",
      "deep/b.js": "",
    });
    expect((await packed()).names).toEqual([".dockerignore", "Dockerfile", "a.js", "deep/b.js"]);
  });

  test("a build context omits files that are deleted after their folder was read", async () => {
    write({ "1-large": "x".repeat(2 ** 20), "2-gone": "", "3-folder/a": "" });
    const found = await packed("Dockerfile", folder, async () => {
      // Until the tar is read, packing waits in the large file.
      await sleep(200);
      rmSync(join(folder, "2-gone"));
      rmSync(join(folder, "3-folder"), { recursive: true });
    });
    expect(found.names).toEqual(["1-large"]);
    await expect(packed("Dockerfile", join(folder, "none"))).rejects.toThrow("ENOENT");
  });

  test("a build context keeps exceptions below ignored folders", async () => {
    write({
      Dockerfile: "FROM x",
      ".dockerignore": "*\n!src\n!dist/keep.js\n",
      "src/a.js": "",
      "dist/keep.js": "",
      "dist/drop.js": "",
    });
    expect((await packed()).names).toEqual([".dockerignore", "Dockerfile", "dist/keep.js", "src/a.js"]);
  });

  test("a build context keeps an ignored Dockerfile, also in a subfolder", async () => {
    write({ "docker/Dockerfile": "FROM x", "docker/other": "", ".dockerignore": "docker\n", "a.js": "" });
    expect((await packed("docker/Dockerfile")).names).toEqual([".dockerignore", "a.js", "docker/Dockerfile"]);
  });

  test("a build context contains a Dockerfile from outside the folder", async () => {
    write({ "Dockerfile.dev": "FROM x", "app/a.js": "" });
    const found = await packed(join(folder, "Dockerfile.dev"), join(folder, "app"));
    expect(found.names).toEqual([".knap.Dockerfile", "a.js"]);
    expect(found.dockerfile).toBe(".knap.Dockerfile");
  });

  test("a Dockerfile's own ignore file replaces the folder's", async () => {
    write({
      "dev.Dockerfile": "FROM x",
      ".dockerignore": "a.js\n",
      "dev.Dockerfile.dockerignore": "b.js\n",
      "a.js": "",
      "b.js": "",
    });
    expect((await packed("dev.Dockerfile")).names).toContain("a.js");
    expect((await packed("dev.Dockerfile")).names).not.toContain("b.js");
  });

  test("a build context has owners and times 0", async () => {
    write({ Dockerfile: "FROM x", "a/b.js": "" });
    expect((await packed()).owners).toEqual(["0 0 0"]);
  });

  test("a watcher can ask which paths a build ignores", () => {
    write({ Dockerfile: "FROM x", ".dockerignore": "node_modules\n", "a.js": "" });
    const ignored = contextIgnores(folder, "Dockerfile");
    expect(ignored(join(folder, "node_modules/x.js"))).toBe(true);
    expect(ignored(join(folder, "a.js"))).toBe(false);
  });
});
