import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";

describe("the virtual clock", () => {
  test("the virtual clock runs timers in order of time, then of creation, each at its own time", () => {
    const clock = new VirtualClock(1000);
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
    clock.at(1500, note("c"));
    clock.at(1200, note("a"));
    clock.at(1500, note("d"));
    clock.at(1300, note("b"));
    clock.at(1501, note("late"));
    clock.advance(500);
    expect(ran).toEqual(["a@1200", "b@1300", "c@1500", "d@1500"]);
    expect(clock.now()).toBe(1500);
    expect(clock.nextDue()).toBe(1501);
  });

  test("the virtual clock runs timers that callbacks add if they are due in the same advance", () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    const again = (): void => {
      ran.push(clock.now());
      clock.at(clock.now() + 10, again);
    };
    clock.at(10, again);
    clock.advanceTo(35);
    expect(ran).toEqual([10, 20, 30]);
  });

  test("the virtual clock runs a timer of a past time at the current time", () => {
    const clock = new VirtualClock(100);
    let at = 0;
    clock.at(5, () => {
      at = clock.now();
    });
    expect(at).toBe(0);
    clock.advance(0);
    expect(at).toBe(100);
  });

  test("the virtual clock never runs a cancelled timer; cancelling a timer that ran has no effect", () => {
    const clock = new VirtualClock(0);
    const ran: string[] = [];
    const first = clock.at(1, () => ran.push("first"));
    const second = clock.at(2, () => ran.push("second"));
    clock.at(3, () => ran.push("third"));
    second[Symbol.dispose]();
    clock.advance(1);
    first[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(clock.nextDue()).toBe(3);
    clock.advance(10);
    expect(ran).toEqual(["first", "third"]);
    expect(clock.nextDue()).toBeUndefined();
  });

  test("a jump of the virtual clock runs overdue timers once each, in order, at the new time", () => {
    const clock = new VirtualClock(0);
    const ran: string[] = [];
    const tick = (): void => {
      ran.push(`tick at ${clock.now()}`);
      clock.at(clock.now() + 10, tick);
    };
    clock.at(10, tick);
    clock.at(5, () => ran.push("first"));
    clock.jump(1000);
    expect(ran).toEqual(["first", "tick at 1000"]);
    expect(clock.nextDue()).toBe(1010);
  });

  test("the virtual clock drops thousands of cancelled timers and keeps the order of the others", () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    for (let time = 5000; time > 0; time -= 1) {
      const timer = clock.at(time, () => ran.push(time));
      if (time % 10 !== 0) timer[Symbol.dispose]();
    }
    clock.advance(5000);
    expect(ran).toEqual(Array.from({ length: 500 }, (_, index) => (index + 1) * 10));
  });
});
