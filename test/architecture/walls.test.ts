import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { floors, impureFiles, pureFileEndings, pureRooms } from "./house.ts";
import { checkWalls } from "./rules.ts";

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));

/** Matches randomness and dynamic imports, which the lint cannot find. */
const UNSEEN_BY_LINT = /\bMath\.random\b|[^.\w]import\s*\(/;
const isPure = (file: string): boolean =>
  !impureFiles.includes(file) &&
  (pureRooms.some((room) => file.startsWith(`${room}/`)) || pureFileEndings.some((ending) => file.endsWith(ending)));

describe("the boundaries of rooms", () => {
  it("no module of src breaks a rule, and every module is checked", async () => {
    const check = await checkWalls("src");
    expect(check.violations).toEqual([]);
    expect(check.modules).toBe(sources("src").length);
  });

  it("each rule finds its planted violation", async () => {
    const { violations } = await checkWalls("test/architecture/planted");
    const caught = violations.map((violation) => `${violation.rule} ${violation.from.replace(/^.*planted\//, "")}`);
    expect(caught).toEqual(
      expect.arrayContaining([
        "floor-1-apis apis/upward.ts",
        "pure-rooms control-plane/store/touches-disk.ts",
        "data-plane-imports-no-control-plane-or-node data-plane/ingress/through-the-wall.ts",
        "floor-5-data-plane/ingress data-plane/ingress/through-the-wall.ts",
        "only-home-of-dockerode node/kubelet/not-at-home.ts",
        "pure-files node/kubelet/pod-plan.ts",
        "only-entries-of-data-plane/http-server gateway/past-the-entry.ts",
      ]),
    );
    expect(caught.some((row) => row.startsWith("no-cycles cli/cycle-"))).toBe(true);
  });

  it("no pure room uses Math.random or a dynamic import", () => {
    const pure = sources("src").filter((file) => isPure(file));
    expect(pure.length).toBeGreaterThan(0);
    expect(pure.filter((file) => UNSEEN_BY_LINT.test(readFileSync(`src/${file}`, "utf8")))).toEqual([]);
  });

  it("the lint forbids clocks, timers and process variables in pure rooms only", () => {
    const house = mkdtempSync(join(tmpdir(), "knap-planted-"));
    try {
      const config = JSON.parse(readFileSync("biome.json", "utf8"));
      writeFileSync(join(house, "biome.json"), JSON.stringify({ ...config, $schema: undefined, vcs: undefined }));
      for (const room of ["apis", "emulator"]) mkdirSync(join(house, "src", room), { recursive: true });
      const lint = (room: string, expression: string): string => {
        writeFileSync(join(house, "src", room, "planted.ts"), `// Planted.\nexport const planted = ${expression};\n`);
        const run = spawnSync(resolve("node_modules/.bin/biome"), ["lint", `src/${room}/planted.ts`], {
          cwd: house,
          encoding: "utf8",
        });
        return run.status === 0 ? "clean" : /noRestrictedGlobals/.test(run.stderr + run.stdout) ? "banned" : run.stderr;
      };
      expect(lint("apis", "1")).toBe("clean");
      expect(lint("emulator", "Date.now()")).toBe("clean");
      for (const banned of ["Date.now()", "setTimeout(() => {}, 1)", "process.pid", "performance.now()"]) {
        expect(lint("apis", banned), banned).toBe("banned");
      }
    } finally {
      rmSync(house, { recursive: true });
    }
  });
});

describe("the table of rooms", () => {
  it("the table has a room for every folder of src", () => {
    const unlisted = sources("src").filter(
      (file) => file.includes("/") && !Object.keys(floors).some((room) => file.startsWith(`${room}/`)),
    );
    expect(unlisted).toEqual([]);
  });
});
