import { describe, expect, test } from "vitest";
import { CliError } from "../../../src/cli/cli-error.ts";
import { chooseSession } from "../../../src/cli/session/connect.ts";
import { parseSessionRecord, type SessionRecord } from "../../../src/cli/session/list-sessions.ts";

const session = (id: string, workingFolder: string): SessionRecord => ({
  id,
  pid: 1,
  startedAt: "2026-01-01T00:00:00Z",
  api: "http://127.0.0.1:1",
  ingress: "http://localhost:8080",
  workingFolder,
  command: "up",
  runtime: "process",
  version: "1",
});
const shop = session("shop", "/home/me/shop");
const blog = session("blog", "/home/me/blog");
const complaint = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error instanceof CliError ? error.complaint : undefined;
  }
  return { exitCode: 0 as const };
};
const exitCode = (run: () => unknown): number | undefined => complaint(run)?.exitCode;

describe("which session a command means", () => {
  test("a command uses the session that the user names", () => {
    expect(chooseSession([shop, blog], { id: "blog", currentFolder: "/" }).id).toBe("blog");
    expect(exitCode(() => chooseSession([shop], { id: "blog", currentFolder: "/home/me/shop" }))).toBe(2);
  });

  test("an unknown name is an error with a remedy, with and without running sessions", () => {
    const unknownName = (live: readonly SessionRecord[]) =>
      complaint(() => chooseSession(live, { id: "nope", currentFolder: "/" }));
    expect(unknownName([shop])).toMatchObject({
      why: expect.stringContaining("shop"),
      fix: expect.stringMatching(/--session/),
    });
    expect(unknownName([])).toMatchObject({ fix: expect.stringContaining("knap up") });
  });

  test("without a name a command uses the only session whose folder contains the current folder ", () => {
    expect(chooseSession([shop, blog], { id: undefined, currentFolder: "/home/me/shop/src" }).id).toBe("shop");
  });

  test("a folder with the same prefix does not contain the current folder", () => {
    expect(exitCode(() => chooseSession([shop, blog], { id: undefined, currentFolder: "/home/me/shopping" }))).toBe(2);
  });

  test("without a name and a matching folder a command uses the only session", () => {
    expect(chooseSession([shop], { id: undefined, currentFolder: "/elsewhere" }).id).toBe("shop");
  });

  test("a command without a name fails if several sessions match, or none", () => {
    const twin = session("twin", "/home/me/shop");
    expect(exitCode(() => chooseSession([shop, twin, blog], { id: undefined, currentFolder: "/home/me/shop" }))).toBe(
      2,
    );
    expect(exitCode(() => chooseSession([], { id: undefined, currentFolder: "/" }))).toBe(2);
  });
});

test("an incomplete session.json is ignored", () => {
  expect(parseSessionRecord(JSON.stringify(shop))).toEqual(shop);
  expect(parseSessionRecord('{"id":"x","pid":')).toBeUndefined();
  expect(parseSessionRecord('{"id":"x","pid":1}')).toBeUndefined();
});
