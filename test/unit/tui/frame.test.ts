import { describe, expect, test } from "vitest";
import type { AppState } from "../../../src/tui/app-state.ts";
import { actionOf, typed } from "../../../src/tui/keys.ts";
import { frameLines } from "../../../src/tui/layout.ts";
import { shortPod } from "../../../src/tui/panels.ts";
import { applyStep, initialScreen, visibleRange } from "../../../src/tui/screen.ts";
import type { SessionModel } from "../../../src/tui/session-model.ts";
import { shareBar, sparkline } from "../../../src/tui/sparkline.ts";
import { figureText, fitText } from "../../../src/tui/text.ts";
import { live, modelOf, pod, revision, scaler, serverlessService, service } from "./objects.ts";

const title = { ingress: "http://localhost:8080", runtime: "docker" };
const stateOf = (model: SessionModel, screen = initialScreen): AppState => ({
  model,
  screen,
  logs: [{ pod: "hello-00001-deployment-x7k2", service: "default/hello", text: "GET /work 200 18 ms" }],
  frozenLogs: undefined,
  notices: [],
  unreadNotices: 0,
  explained: undefined,
  now: Date.UTC(2026, 0, 1),
});
const textOf = (state: AppState, width = 80, height = 23): readonly string[] =>
  frameLines(state, title, { width, height }).map((line) => line.map(({ text }) => text).join(""));

const parts = { queue: 3, decide: 1, create: 44, start: 203, port: 31, probe: 52, firstByte: 78 };
const model = modelOf(
  [
    service("hello"),
    revision("hello-00001", "hello"),
    pod("p1", "hello", "hello-00001"),
    scaler("hello-00001", 1),
    serverlessService("hello-00001", "Proxy"),
    service("worker"),
    revision("worker-00001", "worker"),
    scaler("worker-00001", 0),
  ],
  live({
    revisions: {
      "default/hello-00001": {
        concurrency: 0.4,
        rps: 12,
        inFlight: 1,
        waiting: 0,
        desired: 1,
        ready: 1,
        mode: "",
        sentence: "stays at 1: last request 3 s ago",
      },
    },
    podStarts: [],
    coldStarts: [{ revision: "default/hello-00001", pod: "p1", totalMs: 412, fetchMs: 0, parts }],
  }),
);

describe("a frame of 80 × 24", () => {
  test("a frame has one line less than the terminal, and no line is wider than the terminal", () => {
    const lines = textOf(stateOf(model));
    expect(lines).toHaveLength(23);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("a frame shows title, Services and details of the selected Service", () => {
    const text = textOf(stateOf(model)).join("\n");
    expect(text).toContain("knap · http://localhost:8080 · docker · 2 services · 1 pod");
    expect(text).toMatch(/▸hello +✓ +1\/1 +█ +0\.4 +12 +Proxy +100% 00001/);
    expect(text).toMatch(/ worker +✓ +0\/0 .* zzz/);
    expect(text).toContain("why   stays at 1: last request 3 s ago");
    expect(text).toContain("wake  412 ms = queue 3·decide 1·create 44·start 203·port 31·probe 52·byte 78");
    expect(text).toContain("logs  hello-00001-x7k2 GET /work 200 18 ms");
    expect(text).toContain("↑↓ ⏎ open");
    expect(textOf(stateOf(model), 130).join("\n")).toContain(
      "412 ms = queue 3 · decide 1 · create 44 · start 203 · port 31 · probe 52 · first byte 78",
    );
  });

  test("a frame shows the URL of the selected Service and of each target, with the listener's port", () => {
    const tagged = service("hello", {
      latest: "hello-00001",
      url: "http://hello.example.com",
      traffic: [{ revisionName: "hello-00001", percent: 100, tag: "next", url: "http://next-hello.example.com" }],
    });
    const model = modelOf([tagged, revision("hello-00001", "hello")], live());
    expect(textOf(stateOf(model)).join("\n")).toContain("url   http://hello.example.com:8080");
    const traffic = textOf(stateOf(model, { ...initialScreen, view: "traffic" })).join("\n");
    expect(traffic).toContain("http://next-hello.example.com:8080");
  });

  test("a frame wraps an explanation that is wider than the screen", () => {
    const sentence = `hello-00001: stays at 1: ${"word ".repeat(30)}end`;
    const state = {
      ...stateOf(model, { ...initialScreen, view: "explain" }),
      explained: { service: "service default/hello", lines: [sentence] },
    };
    const lines = textOf(state).slice(1, 5);
    expect(
      lines
        .map((line) => line.trim())
        .filter(Boolean)
        .join(" "),
    ).toBe(sentence);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test("a frame shows bars of observed traffic on a wide terminal", () => {
    const split = modelOf(
      [
        service("hello", {
          latest: "hello-00002",
          traffic: [
            { revisionName: "hello-00002", percent: 90 },
            { revisionName: "hello-00001", percent: 10, tag: "next" },
          ],
        }),
        revision("hello-00001", "hello"),
        revision("hello-00002", "hello"),
      ],
      live({ services: { "default/hello": { observed: { "hello-00002": 91, "hello-00001": 9 } } } }),
    );
    const lines = textOf(stateOf(split), 120);
    expect(lines[2]).toMatch(/▸hello .*00002 90% +▐█+▌ 91/);
    expect(lines[3]).toMatch(/hello-00002 .*00002 90% +▐█+▌ 91/);
    expect(lines[4]).toMatch(/hello-00001 .*next 10% +▐█*▌ 9/);
  });

  test("a frame scrolls with the selection and builds only the visible rows", () => {
    const many = modelOf(Array.from({ length: 50 }, (_, index) => service(`s${String(index).padStart(2, "0")}`)));
    const text = textOf(stateOf(many, { ...initialScreen, selected: "service default/s40" })).join("\n");
    expect(text).toContain("▸s40");
    expect(text).not.toContain("s10");
  });

  test("a frame can show logs, traffic, events and help; a prompt replaces the bottom line", () => {
    const view = (name: "logs" | "traffic" | "events" | "help") =>
      textOf(stateOf(model, { ...initialScreen, view: name })).join("\n");
    expect(view("logs")).toContain("hello-00001-x7k2 GET /work");
    expect(view("traffic")).toMatch(/hello-00001 +100% .*no requests/);
    expect(view("events")).toContain("no events yet");
    expect(view("help")).toContain("scale to zero now");
    expect(textOf(stateOf(model, { ...initialScreen, prompt: "3" })).at(-1)).toContain("pods: 3");
  });

  test("an empty session shows the next command", () => {
    expect(textOf(stateOf(modelOf([]))).join("\n")).toContain("knap apply -f FILE");
  });
});

describe("the screen", () => {
  const rows = [{ key: "a" }, { key: "b" }] as unknown as never[];

  test("the selection stays within the rows", () => {
    const move = (by: number, from: string | undefined) =>
      applyStep({ ...initialScreen, selected: from }, { type: "move", by, rows }).selected;
    expect([move(1, "a"), move(1, "b"), move(-1, "a"), move(10, undefined)]).toEqual(["b", "b", "a", "b"]);
  });

  test("the key of a view opens it, and closes it again", () => {
    const logs = applyStep(initialScreen, { type: "show", view: "logs" });
    expect([logs.view, applyStep(logs, { type: "show", view: "logs" }).view]).toEqual(["logs", "overview"]);
  });

  test("the visible window contains the selected row", () => {
    expect(visibleRange(5, 4, 10)).toEqual({ from: 0, to: 5 });
    expect(visibleRange(50, 0, 10)).toEqual({ from: 0, to: 10 });
    expect(visibleRange(50, 25, 10)).toEqual({ from: 20, to: 30 });
    expect(visibleRange(50, 49, 10)).toEqual({ from: 40, to: 50 });
  });
});

describe("helpers of the views", () => {
  test("keys map to actions", () => {
    expect([
      actionOf("q", {}),
      actionOf("c", { ctrl: true }),
      actionOf("", { downArrow: true }),
      actionOf("x", {}),
    ]).toEqual(["quit", "quit", "down", undefined]);
    expect(typed("1", "2", {})).toEqual({ text: "12" });
    expect(typed("12", "", {})).toEqual({ text: "1" });
    expect([
      typed("1", "", { return: true }),
      typed("", "", { return: true }),
      typed("1", "", { escape: true }),
    ]).toEqual(["done", "cancel", "cancel"]);
  });

  test("texts are fitted, wrapped and rounded", () => {
    expect([fitText("abc", 5), fitText("abcdef", 4), fitText("a", 0)]).toEqual(["abc  ", "abc…", ""]);
    expect([0, 0.44, 6.12, 58.4, 12_300].map(figureText)).toEqual(["0", "0.4", "6.1", "58", "12k"]);
    expect(shortPod("hello-00001-deployment-5d8f-x7k2")).toBe("hello-00001-x7k2");
    expect(shareBar(0.5, 10)).toBe("▐████▌");
  });

  test("a sparkline bar shows the largest of its samples, and the lowest bar means zero", () => {
    expect(sparkline([], 10, 60)).toBe("");
    expect(sparkline([0, 0, 0, 0], 4, 4)).toBe("▁▁▁▁");
    expect(sparkline([0, 1, 2, 4], 4, 4)).toBe("▁▃▅█");
    expect(sparkline([0, 4, 0, 0], 2, 4)).toBe("█▁");
    expect(sparkline(Array(60).fill(1), 15, 60)).toHaveLength(15);
  });
});
