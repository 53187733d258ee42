import { describe, expect, test } from "vitest";
import { ChangeBrake, type ChangeEffect, type FileHashes } from "../../../src/dev/change-brake.ts";

const SECOND = 1000;

/** A brake with the state of its Service: `save` deploys if the brake allows it. */
function setUp(effect: ChangeEffect = "revision") {
  const brake = new ChangeBrake();
  let deployed: FileHashes = new Map();
  let files: FileHashes = new Map();
  const retry = (now: number) => {
    const held = brake.check(deployed, files, { now, effect });
    if (held === undefined) {
      brake.deployed(now);
      deployed = files;
    }
    return held;
  };
  const save = (name: string, content: string, now: number) => {
    files = new Map([...files, [name, content]]);
    return retry(now);
  };
  return { brake, save, retry };
}

describe("the brake of redeploys (11 C1)", () => {
  test("the brake never delays code that a person saves repeatedly with pauses", () => {
    const { save } = setUp();
    for (let at = 0; at < 20; at++) expect(save("server.mjs", String(at), at * 6 * SECOND)).toBeUndefined();
  });

  test("the brake never delays data that is saved rarely", () => {
    const { save } = setUp();
    for (let at = 0; at < 10; at++) expect(save("prices.csv", String(at), at * 90 * SECOND)).toBeUndefined();
  });

  test("the brake delays code that changes after every deployment until it is stable, each time for longer", () => {
    const { save, retry } = setUp();
    for (let at = 0; at < 5; at++) expect(save("version.ts", String(at), at * SECOND)).toBeUndefined();
    expect(save("version.ts", "5", 5 * SECOND)).toEqual({ files: ["version.ts"], retryAt: 15 * SECOND, isNew: true });
    expect(save("version.ts", "6", 8 * SECOND)).toEqual({ files: ["version.ts"], retryAt: 18 * SECOND, isNew: false });
    expect(retry(18 * SECOND)).toBeUndefined();
    expect(save("version.ts", "7", 19 * SECOND)).toMatchObject({ retryAt: 39 * SECOND });
  });

  test("a change of another file deploys delayed code at once", () => {
    const { save } = setUp();
    for (let at = 0; at < 6; at++) save("version.ts", String(at), at * SECOND);
    expect(save("server.mjs", "edited", 6 * SECOND)).toBeUndefined();
    expect(save("version.ts", "written at the start", 7 * SECOND)).toMatchObject({ retryAt: 17 * SECOND });
  });

  test.each([
    ["new names in a data folder", (at: number) => `data/${at}.json`, undefined],
    ["new names elsewhere", (at: number) => `cache/${at}.json`, 20 * SECOND],
    ["alternating names", (at: number) => `${at % 2}.json`, 20 * SECOND],
  ])("the brake stops deployments of files with %s after five (11 C1)", (_, nameOf, retryAt) => {
    const { save } = setUp();
    for (let at = 0; at < 5; at++) expect(save(nameOf(at), String(at), at * 2 * SECOND)).toBeUndefined();
    expect(save(nameOf(5), "5", 10 * SECOND)).toEqual({ files: [nameOf(5)], retryAt, isNew: true });
    for (let at = 6; at < 20; at++)
      expect(save(nameOf(at), String(at), at * 2 * SECOND)).toMatchObject({ isNew: false });
  });

  test.each(["lib/main.dart", "config.json"])("the brake never delays %s that a person edits every 40 s", (name) => {
    const { save } = setUp();
    for (let at = 0; at < 20; at++) expect(save(name, String(at), at * 40 * SECOND)).toBeUndefined();
  });

  test("a person's change of a file that is no code is deployed at once while other files are blocked (11 C1)", () => {
    const { save } = setUp();
    save("config.json", "first", 0);
    for (let at = 60; at < 66; at++) save("state.json", String(at), at * SECOND);
    for (let at = 66; at < 1066; at += 40) {
      expect(save("state.json", `${at}`, at * SECOND)).toMatchObject({ files: ["state.json"] });
      expect(save("config.json", `${at}`, (at + 1) * SECOND)).toBeUndefined();
      expect(save("state.json", `${at} again`, (at + 2) * SECOND)).toMatchObject({ files: ["state.json"] });
    }
  });

  test("the brake counts deployments that take minutes or that a newer change cancels (11 C1)", () => {
    const slow = setUp();
    let now = 0;
    for (let at = 0; at < 5; at++, now += 2 * SECOND) {
      expect(slow.save("state.json", String(at), now)).toBeUndefined();
      now += 180 * SECOND;
      slow.brake.deployed(now);
    }
    expect(slow.save("state.json", "5", now)).toMatchObject({ isNew: true });
    const brake = new ChangeBrake();
    const files = (at: number): FileHashes => new Map([["state.json", String(at)]]);
    for (let at = 0; at < 5; at++)
      expect(brake.check(new Map(), files(at), { now: at * SECOND, effect: "revision" })).toBeUndefined();
    expect(brake.check(new Map(), files(4), { now: 5 * SECOND, effect: "revision" })).toBeUndefined();
    expect(brake.check(new Map(), files(5), { now: 6 * SECOND, effect: "revision" })).toMatchObject({ isNew: true });
  });

  test("the brake ignores an app's own log that changes after every deployment until a rebuild is requested", () => {
    const { save, brake } = setUp();
    for (let at = 0; at < 5; at++) expect(save("events.log", String(at), at * 9 * SECOND)).toBeUndefined();
    expect(save("events.log", "5", 45 * SECOND)).toEqual({ files: ["events.log"], retryAt: undefined, isNew: true });
    expect(save("events.log", "6", 9999 * SECOND)).toMatchObject({ isNew: false });
    expect(save("server.mjs", "edited", 9999 * SECOND)).toBeUndefined();
    expect(save("events.log", "7", 9999 * SECOND)).toMatchObject({ isNew: false });
    brake.release();
    expect(save("events.log", "8", 9999 * SECOND)).toBeUndefined();
  });

  test("200 quick saves of code that need no new revision are not delayed, but an endless series is", () => {
    const blockedAt = (effect: ChangeEffect, name: string, stepMs: number): number => {
      const { save } = setUp(effect);
      const held = Array.from({ length: 200 }, (_, at) => save(name, String(at), at * stepMs));
      return held.findIndex((each) => each !== undefined);
    };
    expect(blockedAt("restart", "server.mjs", 100)).toBe(-1);
    expect(blockedAt("sync", "page.json", 100)).toBe(-1);
    expect(blockedAt("restart", "version.ts", 500)).toBe(120);
    expect(blockedAt("sync", "version.txt", 500)).toBe(120);
    expect(blockedAt("restart", "visits.json", 500)).toBe(5);
    expect(blockedAt("sync", "data/visits.json", 500)).toBe(5);
  });
});
