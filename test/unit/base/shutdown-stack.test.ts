import { expect, test } from "vitest";
import { ShutdownStack } from "../../../src/base/shutdown-stack.ts";

test("shutdown closes parts once in reverse order; a forced stop closes the current part again by force", async () => {
  const stops = new ShutdownStack();
  const done: string[] = [];
  let release = (): void => {};
  stops.add((how) => void done.push(`first ${how}`));
  stops.add(async (how) => {
    done.push(`second ${how}`);
    if (how === "now") {
      release();
      // The graceful close of this part ends before the forced one. The next part starts after both.
      await new Promise((resolve) => setTimeout(resolve, 5));
      done.push("second over");
      return;
    }
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  stops.add((how) => void done.push(`third ${how}`));
  const gentle = stops.run("gentle");
  expect(stops.run("gentle")).toBe(gentle);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([gentle, stops.run("now"), stops.run("now")]);
  expect(done).toEqual(["third gentle", "second gentle", "second now", "second over", "first now"]);
});

test("the other parts close although one part fails to close", async () => {
  const stops = new ShutdownStack();
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
