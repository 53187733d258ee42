import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import type { Client } from "../../../src/client/client.ts";
import { type AppState, type AppStore, makeAppStore } from "../../../src/tui/app-state.ts";
import { frameLines, scrollLimit } from "../../../src/tui/layout.ts";
import { revisionOfRow, rowsOf } from "../../../src/tui/rows.ts";
import { initialScreen } from "../../../src/tui/screen.ts";
import { type ScaleRequests, scaleTo } from "../../../src/tui/session-actions.ts";
import { live, modelOf, pod, put, revision, scaler, service } from "./objects.ts";

const title = { ingress: "http://localhost:8080", runtime: "docker" };
const textOf = (state: AppState, width = 80, height = 24): readonly string[] =>
  frameLines(state, title, { width, height }).map((line) => line.map(({ text }) => text).join(""));
const figures = { concurrency: 0, rps: 0, inFlight: 0, waiting: 0, desired: 1, ready: 1, mode: "" as const };
const split = [
  service("hello", {
    latest: "hello-00002",
    traffic: [
      { revisionName: "hello-00001", percent: 90 },
      { revisionName: "hello-00002", percent: 10 },
    ],
  }),
  revision("hello-00001", "hello"),
  revision("hello-00002", "hello"),
];

function opened(): { readonly clock: VirtualClock; readonly store: AppStore; readonly scroll: (by: number) => void } {
  const clock = new VirtualClock(0);
  const store = makeAppStore(clock);
  const scroll = (by: number): void =>
    store.applyStep({ type: "scroll", by, limit: scrollLimit(store.get(), title, { width: 80, height: 24 }) });
  return { clock, store, scroll };
}

describe("a Service with a traffic split", () => {
  const report = (waiting: number) => {
    const sentence = "is at zero: no request yet; the next one wakes it";
    return live({
      revisions: {
        "default/hello-00001": { ...figures, sentence: "stays at 1: busy" },
        "default/hello-00002": { ...figures, waiting, sentence },
      },
    });
  };

  test.each([
    [0, "hello-00001"],
    [2, "hello-00002"],
  ])(
    "a split Service is described by the revision with %i waiting requests, else by the largest share: %s (11 D)",
    (waiting, name) => {
      const model = modelOf(split, report(waiting));
      const [row] = rowsOf(model, new Set());
      expect(revisionOfRow(model, row)).toBe(`default/${name}`);
      const { store } = opened();
      expect(textOf({ ...store.get(), model }).join("\n")).toContain(`why   ${name} `);
    },
  );

  test("a selected pod is described by its own revision (11 D)", () => {
    const model = modelOf([...split, pod("p2", "hello", "hello-00002")], report(0));
    const rows = rowsOf(model, new Set(["service default/hello"]));
    expect(
      revisionOfRow(
        model,
        rows.find(({ name }) => name === "p2"),
      ),
    ).toBe("default/hello-00002");
  });
});

describe("the columns of the overview", () => {
  test("long names are complete on a wide terminal, and no line is wider than the terminal (11 D)", () => {
    const name = "a-service-with-a-long-name";
    const model = modelOf([service(name), revision(`${name}-00001`, name), revision(`${name}-00002`, name)]);
    const { store } = opened();
    for (const width of [80, 100, 140, 240]) {
      const lines = textOf({ ...store.get(), model }, width);
      expect(new Set(lines.map((line) => line.length <= width))).toEqual(new Set([true]));
      if (width >= 100) expect(lines.join("\n")).toContain(`${name}-00002 `);
    }
  });
});

describe("text that is longer than the screen", () => {
  test("logs scroll back, keep still while new lines come, and follow again at the end (11 D)", () => {
    const { clock, store, scroll } = opened();
    const log = (index: number) => store.log({ pod: "p", service: "default/hello", text: `line ${index}.` });
    for (let index = 0; index < 100; index++) log(index);
    store.applyStep({ type: "show", view: "logs" });
    expect(textOf(store.get()).join("\n")).toContain("line 99.");
    expect(textOf(store.get()).at(-2)).toMatch(/↑ 79 more ──$/);
    scroll(-10);
    const before = textOf(store.get()).slice(1, -1);
    expect(before.at(-2)).toContain("line 89.");
    expect(before.at(-1)).toMatch(/↑ 69 more ─ ↓ 10 more ──$/);
    log(100);
    clock.advance(1000);
    expect(textOf(store.get()).slice(1, -1)).toEqual(before);
    scroll(Number.NEGATIVE_INFINITY);
    expect(textOf(store.get())[1]).toContain("line 0.");
    scroll(Number.POSITIVE_INFINITY);
    expect(textOf(store.get()).at(-3)).toContain("line 100.");
  });

  test("the help starts at its beginning and shows how much is below (11 D)", () => {
    const { store } = opened();
    store.applyStep({ type: "show", view: "help" });
    const lines = textOf(store.get(), 80, 12);
    expect(lines[1]).toContain("↑ ↓ j k");
    expect(lines.at(-2)).toMatch(/↓ \d+ more ──$/);
  });

  test("an overview shows how many rows are hidden (11 D)", () => {
    const model = modelOf(Array.from({ length: 50 }, (_, index) => service(`s${String(index).padStart(2, "0")}`)));
    const screen = { ...initialScreen, selected: "service default/s25" };
    const text = textOf({ ...opened().store.get(), model, screen }).join("\n");
    expect(text).toMatch(/↑ \d+ more ─ ↓ \d+ more ──/);
  });
});

describe("notices", () => {
  test("notices stay until they were read, also those from before the screen was open (11 D)", () => {
    const { clock, store } = opened();
    store.addNotice("files are skipped:\n  a.yaml: a value of Helm");
    store.addNotice(`memory ${"is short ".repeat(20)}`);
    clock.advance(60_000);
    expect(textOf(store.get()).join("\n")).toContain("n: 2 notices");
    store.applyStep({ type: "show", view: "notices" });
    const lines = textOf(store.get());
    expect(lines[2]).toBe("   a.yaml: a value of Helm");
    expect(lines.slice(3, 6).join("")).toMatch(/memory .*is short/);
    expect(lines.join("\n")).not.toContain("n: 2 notices");
  });
});

describe("a requested scale", () => {
  const request = async (desired: number) => {
    const { clock, store } = opened();
    const posts: unknown[] = [];
    const client = { knap: async (...call: unknown[]) => void posts.push(call) } as unknown as Client;
    store.change(put(scaler("hello-00001", 1)));
    const sentence = "stays at 2: max-scale 2 (traffic needs 3)";
    store.change({ type: "live", live: live({ revisions: { "default/hello-00001": { ...figures, sentence } } }) });
    const message = await scaleTo(client, store, new Map(), { revision: "default/hello-00001", pods: 3 });
    expect(posts).toEqual([["POST", "/scale", { namespace: "default", revision: "hello-00001", pods: 3 }]]);
    store.change(put(scaler("hello-00001", desired)));
    clock.advance(4000);
    return [message, store.get().screen.message.text];
  };

  test("a requested scale that a bound replaces is followed by the reason (11 D)", async () => {
    expect(await request(2)).toEqual([
      "hello-00001: requested 3 pods",
      "hello-00001: not 3 pods, because it stays at 2: max-scale 2 (traffic needs 3)",
    ]);
  });

  test("a requested scale that a newer request replaces reports no failure (11 D)", async () => {
    const { clock, store } = opened();
    const client = { knap: async () => {} } as unknown as Client;
    const latest: ScaleRequests = new Map();
    await scaleTo(client, store, latest, { revision: "default/hello-00001", pods: 3 });
    clock.advance(1000);
    await scaleTo(client, store, latest, { revision: "default/hello-00001", pods: 1 });
    store.change(put(scaler("hello-00001", 1)));
    clock.advance(20_000);
    expect(store.get().screen.message.text).toBe("");
  });

  test("a requested scale that holds needs no further message (11 D)", async () => {
    expect(await request(3)).toEqual(["hello-00001: requested 3 pods", ""]);
  });
});
