import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { WallClock } from "../../../src/base/wall-clock.ts";

const START = Date.UTC(2024, 4, 1, 10);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A machine whose wall clock can be set, and whose monotonic clock advances evenly. */
function machine() {
  const monotonic = new VirtualClock(0);
  const set: number[] = [];
  let wallMs = START;
  const clock = new WallClock({ wall: () => monotonic.now() + wallMs, monotonic, onSet: (byMs) => set.push(byMs) });
  return {
    clock,
    /** The reported changes of the machine's clock, in milliseconds. */
    set,
    setWall: (byMs: number): void => {
      wallMs += byMs;
    },
    pass: (ms: number): void => monotonic.advance(ms),
    /** Returns the milliseconds since the start. */
    since: () => clock.now() - START,
  };
}

describe("the wall clock", () => {
  test("the wall clock shows the machine's time until that is changed", () => {
    const { clock, pass, set } = machine();
    pass(90_000);
    expect(clock.now()).toBe(START + 90_000);
    expect(clock.awakeSince).toBe(START);
    expect(set).toEqual([]);
  });

  test("the wall clock follows a jump forward at once, reports its size and updates awakeSince", () => {
    const { clock, pass, setWall, set, since } = machine();
    pass(5000);
    setWall(DAY);
    expect(since()).toBe(DAY + 5000);
    expect(clock.awakeSince).toBe(START + DAY + 5000);
    pass(1000);
    expect(since()).toBe(DAY + 6000);
    expect(set).toEqual([DAY]);
  });

  test("the wall clock advances slowly after the machine's clock is set back, until that has caught up", () => {
    const { clock, pass, setWall, set, since } = machine();
    pass(5000);
    setWall(-DAY);
    pass(1000);
    expect(since()).toBe(6000);
    expect(set).toEqual([-DAY]);
    setWall(HOUR);
    pass(1000);
    expect(since()).toBe(7000);
    expect(set).toEqual([-DAY, HOUR]);
    setWall(DAY);
    pass(1000);
    expect(since()).toBe(HOUR + 8000);
    // Only the part of this step after the machine's clock has caught up moves time.
    expect(set).toEqual([-DAY, HOUR, DAY]);
    expect(clock.awakeSince).toBe(START + HOUR + 8000);
  });

  test("a correction of less than a second stops time for a moment and is not reported", () => {
    const { pass, setWall, set, since } = machine();
    pass(5000);
    expect(since()).toBe(5000);
    setWall(-800);
    expect(since()).toBe(5000);
    pass(500);
    expect(since()).toBe(5000);
    pass(500);
    expect(since()).toBe(5200);
    setWall(700);
    expect(since()).toBe(5900);
    expect(set).toEqual([]);
  });

  test("drift in either direction does not accumulate", () => {
    for (const drift of [-1, 1]) {
      const { pass, setWall, set, since } = machine();
      for (let minute = 1; minute <= 10_000; minute += 1) {
        pass(60_000);
        setWall(drift * 3);
        expect(since()).toBe(minute * 60_003 - (drift < 0 ? minute * 6 : 0));
      }
      expect(set).toEqual([]);
    }
  });

  test("after a jump overdue timers run at once in their order, and the others keep their time", () => {
    const { clock, pass, setWall, since } = machine();
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name}@${since()}`);
    clock.at(START + 2 * HOUR, note("b"));
    clock.at(START + HOUR, note("a"));
    clock.at(START + 2 * HOUR, note("c"));
    clock.at(START + DAY + 10_000, note("later"));
    pass(500);
    setWall(DAY);
    pass(600);
    const found = DAY + 1000;
    expect(ran).toEqual([`a@${found}`, `b@${found}`, `c@${found}`]);
    pass(10_000);
    expect(ran.slice(3)).toEqual([`later@${DAY + 10_000}`]);
  });

  test("a timer runs after its full delay although the machine's clock is set back", () => {
    const { clock, pass, setWall, since } = machine();
    const ended: number[] = [];
    clock.at(START + 10_000, () => ended.push(since()));
    pass(4000);
    setWall(-DAY);
    pass(5999);
    expect(ended).toEqual([]);
    pass(1);
    expect(ended).toEqual([10_000]);
  });

  test("a cancelled timer never runs, not even after a jump", () => {
    const { clock, pass, setWall } = machine();
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    clock.at(START + HOUR, end)[Symbol.dispose]();
    const other = clock.at(START + HOUR, end);
    setWall(DAY);
    clock.now();
    other[Symbol.dispose]();
    pass(DAY);
    expect(ended).toBe(false);
  });

  test("a sleep in which the monotonic clock advanced is not a jump, but updates awakeSince", () => {
    const awake = new VirtualClock(0);
    let sleptMs = 0;
    const monotonic: Clock = { now: () => awake.now() + sleptMs, at: (time, run) => awake.at(time - sleptMs, run) };
    const set: number[] = [];
    const clock = new WallClock({ wall: () => START + monotonic.now(), monotonic, onSet: (byMs) => set.push(byMs) });
    clock.at(START + DAY, () => {});
    awake.advance(5000);
    expect(clock.awakeSince).toBe(START);
    sleptMs = HOUR;
    awake.advance(1000);
    expect(clock.awakeSince).toBe(START + HOUR + 6000);
    expect(clock.now()).toBe(START + HOUR + 6000);
    expect(set).toEqual([]);
  });

  test("the wall clock checks the machine's clock only while a timer is set", () => {
    const monotonic = new VirtualClock(0);
    const clock = new WallClock({ wall: () => monotonic.now(), monotonic });
    clock.at(1500, () => {});
    monotonic.advance(5000);
    expect(monotonic.nextDue()).toBeUndefined();
  });
});
