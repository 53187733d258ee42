import { expect, test } from "vitest";
import { StopList } from "../../../src/emulator/stop-list.ts";

test("closes in reverse, once; a later hurry asks every part again", async () => {
  const stops = new StopList();
  const done: string[] = [];
  let release = (): void => {};
  stops.add((how) => void done.push(`first ${how}`));
  stops.add((how) => {
    done.push(`second ${how}`);
    if (how === "now") return release();
    return new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  const gentle = stops.run("gentle");
  expect(stops.run("gentle")).toBe(gentle);
  await Promise.all([gentle, stops.run("now")]);
  expect(done.slice(0, 2)).toEqual(["second gentle", "second now"]);
  expect(done.slice(2).sort()).toEqual(["first gentle", "first now"]);
});

test("one part that fails does not keep the others open, and keeps no process alive afterwards", async () => {
  const stops = new StopList();
  const done: string[] = [];
  stops.add(() => void done.push("first"));
  stops.add(() => Promise.reject(new Error("stuck")));
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const ending = stops.run("gentle");
  expect(timers()).toBe(before + 1);
  await expect(ending).rejects.toThrow("the session did not end cleanly");
  expect(done).toEqual(["first"]);
  expect(timers()).toBe(before);
});
