import { render } from "ink-testing-library";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { App, type SessionActions } from "../../../src/tui/app.tsx";
import { makeAppStore } from "../../../src/tui/app-state.ts";
import { live, pod, put, revision, scaler, service } from "./objects.ts";

/** A clock that runs its timers on demand. */
function handClock() {
  let time = 0;
  const timers: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => time,
    at(at, run) {
      const timer = { at, run };
      timers.push(timer);
      return { [Symbol.dispose]: () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0) };
    },
  };
  const advance = (ms: number): void => {
    time += ms;
    for (const timer of timers.filter(({ at }) => at <= time)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.run();
    }
  };
  return { clock, advance };
}

const tick = () => new Promise((done) => setTimeout(done, 20));
let unmount = () => {};
afterEach(() => unmount());

async function open() {
  const { clock, advance } = handClock();
  const store = makeAppStore(clock);
  const actions: SessionActions = {
    run: vi.fn(async () => "done"),
    scale: vi.fn(async (pods) => `asked for ${pods}`),
    quit: vi.fn(),
  };
  const screen = render(
    <App store={store} title={{ ingress: "http://localhost:8080", runtime: "process" }} actions={actions} />,
  );
  unmount = screen.unmount;
  for (const object of [
    service("hello"),
    revision("hello-00001", "hello"),
    pod("p1", "hello", "hello-00001"),
    scaler("hello-00001", 1),
    service("zoo"),
  ]) {
    store.change(put(object));
  }
  store.change({ type: "live", live: live() });
  advance(1000);
  await tick();
  const press = async (keys: string) => {
    screen.stdin.write(keys);
    await tick();
  };
  return { store, actions, screen, press, advance };
}

describe("the app", () => {
  test("the app draws the objects of the store", async () => {
    const { screen } = await open();
    expect(screen.lastFrame()).toContain("▸hello");
    expect(screen.lastFrame()).toContain("1/1");
  });

  test("arrow keys select, enter opens, letters change the view", async () => {
    const { screen, press } = await open();
    await press("\r");
    expect(screen.lastFrame()).toContain("p1");
    await press("\u001b[B");
    expect(screen.lastFrame()).toMatch(/▸ +hello-00001/);
    await press("?");
    expect(screen.lastFrame()).toContain("scale to zero now");
    await press("?");
    expect(screen.lastFrame()).toContain("SERVICE");
  });

  test.each([
    ["Home and End", "\u001b[H", "\u001b[F"],
    ["g and G", "g", "G"],
  ])("%s select the first and the last row (11 D)", async (_, first, last) => {
    const { screen, press } = await open();
    await press(last);
    expect(screen.lastFrame()).toContain("▸zoo");
    await press(first);
    expect(screen.lastFrame()).toContain("▸hello");
  });

  test("the key s asks for a number and scales to it; q and ctrl-c quit", async () => {
    const { screen, press, actions } = await open();
    await press("s");
    await press("3");
    expect(screen.lastFrame()).toContain("pods: 3");
    await press("\r");
    expect(actions.scale).toHaveBeenCalledWith(3, expect.anything());
    expect(screen.lastFrame()).toContain("asked for 3");
    await press("q");
    await press("\u0003");
    expect(actions.quit).toHaveBeenCalledTimes(2);
  });

  test("the app shows the error of a failed action", async () => {
    const { screen, press, actions } = await open();
    vi.mocked(actions.run).mockRejectedValueOnce(new Error("no such thing"));
    await press("r");
    expect(screen.lastFrame()).toContain("no such thing");
  });
});

describe("the frame limit", () => {
  test("the app draws one frame for all changes of a quarter of a second, and draws at once after a key", () => {
    const { clock, advance } = handClock();
    const store = makeAppStore(clock);
    let frames = 0;
    store.subscribe(() => (frames += 1));
    store.change(put(service("a")));
    advance(0);
    expect(frames).toBe(1);
    for (let index = 0; index < 100; index++) store.change(put(service(`s${index}`)));
    advance(200);
    expect(frames).toBe(1);
    advance(50);
    expect(frames).toBe(2);
    store.applyStep({ type: "show", view: "help" });
    expect(frames).toBe(3);
  });

  test("slow frames halve the frame rate until frames are fast again", () => {
    const { clock, advance } = handClock();
    const store = makeAppStore(clock);
    let frames = 0;
    store.subscribe(() => (frames += 1));
    store.change(put(service("a")));
    advance(0);
    store.frameDrawn(20);
    store.change(put(service("b")));
    advance(300);
    expect(frames).toBe(1);
    advance(200);
    expect(frames).toBe(2);
    store.frameDrawn(1);
    store.change(put(service("c")));
    advance(250);
    expect(frames).toBe(3);
  });
});
