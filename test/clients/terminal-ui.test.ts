// Runs the terminal UI in a real terminal (tmux): a Service with one pod, then at zero, resizes, and the exit.
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
  const until = (check: (lines: readonly string[]) => void, withinMs = 20_000) =>
    eventually(() => check(screen()), withinMs, 100);

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

  test("the UI shows the Service with one pod in the first lines of the terminal", async () => {
    await until((lines) => {
      expect(lines[0]).toMatch(/^ knap · http:\/\/localhost:\d+ · process · 1 service · 1 pod/);
      expect(lines[1]).toMatch(/^ SERVICE +READY +PODS/);
      expect(lines[2]).toMatch(/^▸shop +✓ +1\/1/);
    });
  });

  test("the UI shows the Service napping after its stable window", async () => {
    await until((lines) => {
      expect(lines[0]).toContain("0 pods");
      expect(lines[2]).toMatch(/^▸shop +✓ +0\/0 .*zzz/);
    }, 60_000);
  });

  test("the UI reacts to keys and to a resize", async () => {
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

  test("a resize leaves no old text on the screen (11 D)", async () => {
    for (const [width, height] of [
      [60, 16],
      [132, 40],
      [80, 24],
    ]) {
      tmux("resize-window", "-x", String(width), "-y", String(height));
      await until((lines) => {
        expect(lines[0]).toHaveLength(width ?? 0);
        expect(lines.filter((line) => /^ knap · /.test(line))).toHaveLength(1);
        expect(lines.filter((line) => /^ SERVICE/.test(line))).toHaveLength(1);
        expect(lines.filter((line) => /^──/.test(line))).toHaveLength(1);
        expect(lines.filter((line) => /^▸shop/.test(line))).toHaveLength(1);
        expect(lines[height === undefined ? 0 : height - 1]).toContain("quit");
      });
    }
  });

  test("a message says that the autoscaler replaces a requested scale, and why (11 D)", async () => {
    tmux("send-keys", "s");
    tmux("send-keys", "3");
    tmux("send-keys", "Enter");
    await until((lines) => expect(lines.join("\n")).toContain("shop-00001: requested 3 pods"));
    await until((lines) => expect(lines.join("\n")).toMatch(/shop-00001: not 3 pods, because it /));
  });

  test("the key q ends the session and restores the screen", async () => {
    tmux("send-keys", "q");
    await until((lines) => {
      expect(lines[0]).toBe("before");
      expect(lines.join("\n")).toContain("exit 0");
    });
  });
});
