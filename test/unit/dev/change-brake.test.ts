import { describe, expect, test } from "vitest";
import { ChangeBrake, type FileHashes } from "../../../src/dev/change-brake.ts";

const SECOND = 1000;

/** A brake with the state of its Service: `save` deploys if the brake allows it. */
function setUp() {
  const brake = new ChangeBrake();
  let deployed: FileHashes = new Map();
  let files: FileHashes = new Map();
  const retry = (now: number) => {
    const held = brake.check(deployed, files, now);
    if (held === undefined) {
      brake.deployed(deployed, files, now);
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
    for (let at = 0; at < 3; at++) expect(save("version.ts", String(at), at * SECOND)).toBeUndefined();
    expect(save("version.ts", "3", 3 * SECOND)).toEqual({ files: ["version.ts"], retryAt: 13 * SECOND, isNew: true });
    expect(save("version.ts", "4", 8 * SECOND)).toEqual({ files: ["version.ts"], retryAt: 18 * SECOND, isNew: false });
    expect(retry(18 * SECOND)).toBeUndefined();
    expect(save("version.ts", "5", 19 * SECOND)).toMatchObject({ retryAt: 39 * SECOND });
  });

  test("a change of another file deploys delayed code at once", () => {
    const { save } = setUp();
    for (let at = 0; at < 4; at++) save("version.ts", String(at), at * SECOND);
    expect(save("server.mjs", "edited", 5 * SECOND)).toBeUndefined();
  });

  test("the brake ignores data that changes after every deployment until a rebuild is requested", () => {
    const { save, brake } = setUp();
    for (let at = 0; at < 3; at++) expect(save("state.json", String(at), at * 10 * SECOND)).toBeUndefined();
    expect(save("state.json", "3", 30 * SECOND)).toEqual({ files: ["state.json"], retryAt: undefined, isNew: true });
    expect(save("state.json", "4", 9999 * SECOND)).toMatchObject({ isNew: false });
    expect(save("server.mjs", "edited", 9999 * SECOND)).toBeUndefined();
    expect(save("state.json", "5", 9999 * SECOND)).toMatchObject({ isNew: false });
    brake.release();
    expect(save("state.json", "6", 9999 * SECOND)).toBeUndefined();
  });
});
