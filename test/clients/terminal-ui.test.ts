// The terminal UI in a real terminal (tmux): a Service at 1, then at 0, a resize, and the screen as it was before.
import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { KnapHome } from "../support/knap.ts";

const cli = new URL("../../dist/cli.js", import.meta.url).pathname;

describe("the terminal UI in tmux", () => {
  let home: KnapHome;
  let folder: string;
  const tmux = (...args: string[]) =>
    execFileSync("tmux", ["-S", join(home.folder, "tmux"), "-f", "/dev/null", ...args], {
      encoding: "utf8",
      env: { ...process.env, ...home.env, TERM: "xterm-256color" },
    });
  const screen = () => tmux("capture-pane", "-p").split("\n");
  const until = (look: (lines: readonly string[]) => void, withinMs = 20_000) =>
    eventually(() => look(screen()), withinMs, 100);

  beforeAll(async () => {
    home = new KnapHome();
    folder = join(home.folder, "shop");
    expect(await home.run(["init", "--dir", folder])).toMatchObject({ code: 0 });
    appendFileSync(
      join(folder, "knap.yaml"),
      "config: { autoscaler: { stable-window: 6s, scale-to-zero-grace-period: 1s } }\n",
    );
    const command = `echo before; ${process.execPath} ${cli} up --runtime process --ui tui; echo "exit $?"; sleep 60`;
    tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", folder, command);
  });
  afterAll(() => {
    tmux("kill-server");
    home[Symbol.dispose]();
  });

  test("shows the Service at one pod, on exactly the lines of the terminal", async () => {
    await until((lines) => {
      expect(lines[0]).toMatch(/^ knap · http:\/\/localhost:\d+ · process · 1 service · 1 pod/);
      expect(lines[1]).toMatch(/^ SERVICE +READY +PODS/);
      expect(lines[2]).toMatch(/^▸shop +✓ +1\/1/);
    });
  });

  test("shows it at zero, napping, once its window has passed", async () => {
    await until((lines) => {
      expect(lines[0]).toContain("0 pods");
      expect(lines[2]).toMatch(/^▸shop +✓ +0\/0 .*zzz/);
    }, 60_000);
  });

  test("follows keys and the size of the terminal", async () => {
    tmux("send-keys", "?");
    await until((lines) => expect(lines.join("\n")).toContain("scale to zero now"));
    tmux("send-keys", "Escape");
    tmux("resize-window", "-x", "120", "-y", "30");
    await until((lines) => {
      expect(lines[0]?.length).toBeGreaterThan(100);
      expect(lines[2]).toMatch(/^▸shop/);
      expect(lines[28] ?? lines[29]).toBeDefined();
    });
  });

  test("q ends the session and gives the screen back", async () => {
    tmux("send-keys", "q");
    await until((lines) => {
      expect(lines[0]).toBe("before");
      expect(lines.join("\n")).toContain("exit 0");
    });
  });
});
