import { describe, expect, test } from "vitest";
import { devProgress } from "../../../src/cli/progress/dev-progress.ts";
import { renderPlain } from "../../../src/cli/progress/render-plain.ts";
import type { DevEvent } from "../../../src/dev/dev-event.ts";
import type { WatchAction } from "../../../src/project/develop-schema.ts";
import type { Project, WatchRule } from "../../../src/project/project.ts";

const shown = (event: DevEvent): string =>
  devProgress(event)
    .map((each) => renderPlain(each, { paint: (_, text) => text }))
    .join("\n");
const times = { noticedMs: 31.4, archivedMs: 64, restartedMs: 210, servedMs: 260 };
const synced = (more: object): DevEvent => ({
  type: "synced",
  service: "default/hello",
  files: ["src/a.ts"],
  copied: 1,
  instances: 2,
  dirty: 1,
  times,
  ...more,
});
const rule = (path: string, action: WatchAction, include: readonly string[] = []): WatchRule => ({
  path: `/project/${path}`,
  action,
  include,
  ignore: [],
  initialSync: false,
});

describe("lines about saved files", () => {
  test("a warning that a save brought is shown; Knative's long warning about insecure defaults is not", () => {
    const warning = (message: string) =>
      ({ severity: "warning", message, file: "knap.yaml", line: 2, column: 1 }) as const;
    const findings = [
      warning('services.hii: no file defines a Service "hii"'),
      warning("Kubernetes default value is insecure, Knative may default this to secure in a future release"),
    ];
    const project = { texts: [] } as unknown as Project;
    expect(shown({ type: "warned", findings, project })).toBe(
      '! knap.yaml:2:1: services.hii: no file defines a Service "hii"',
    );
  });

  test("a limit of the system names the setting and a command", () => {
    expect(shown({ type: "watch-limit", setting: "fs.inotify.max_user_watches" })).toContain(
      "raise fs.inotify.max_user_watches (`sudo sysctl fs.inotify.max_user_watches=524288`)",
    );
  });

  test("an error of knap.yaml is shown with its fix", () => {
    const fix = 'did you mean "port"?';
    const finding = {
      severity: "error",
      message: 'unknown field "prot"',
      file: "knap.yaml",
      line: 1,
      column: 1,
      fix,
    } as const;
    const project = { texts: [{ file: "knap.yaml", text: "prot: 1\n" }] } as unknown as Project;
    expect(shown({ type: "invalid", findings: [finding], project })).toBe(
      '✗ knap.yaml:1:1: unknown field "prot"\n  1 | prot: 1\n      ^\n  → did you mean "port"?',
    );
  });

  test("a sync is shown with its files, instances, time line and the number of changed files", () => {
    expect(shown(synced({}))).toBe(
      "↻ hello: synced src/a.ts to 2 instances in 260 ms (noticed 31 · archived 64 · restarted 210 · served 260)   dirty +1",
    );
    const { restartedMs, ...plain } = times;
    expect(shown(synced({ instances: 1, times: plain, files: ["a", "b", "c", "d", "e"], copied: 5, dirty: 5 }))).toBe(
      "↻ hello: synced a, b, c and 2 more to 1 instance in 260 ms (noticed 31 · archived 64 · served 260)   dirty +5",
    );
  });

  test("a restart without files, and a sync at zero, are shown as such", () => {
    expect(shown(synced({ copied: 0, dirty: 0, instances: 1 }))).toBe(
      "↻ hello: restarted 1 instance with src/a.ts in 260 ms (noticed 31 · restarted 210 · served 260)",
    );
    const { servedMs, ...unserved } = times;
    expect(shown(synced({ instances: 1, times: unserved }))).toBe(
      "↻ hello: synced src/a.ts to 1 instance, not served yet (noticed 31 · archived 64 · restarted 210)   dirty +1",
    );
    expect(shown(synced({ instances: 0 }))).toBe("↻ hello: the next instances have src/a.ts   dirty +1");
  });

  test("rules from the Dockerfile are shown in one line, grouped by what they do", () => {
    const rules = [rule("src", "sync+restart"), rule("", "sync+restart", ["*.mjs"]), rule("package.json", "rebuild")];
    const plan = { rules, isInferred: true };
    expect(shown({ type: "watching", service: "default/hello", plan, folder: "/project", isBuilt: true })).toBe(
      "· default/hello: a change of src, *.mjs is synced and restarts it; a change of package.json rebuilds it (`knap init --watch` writes these rules to knap.yaml)",
    );
  });

  test("a rebuild and a refused sync have their reason", () => {
    const reason = "src/a.ts was deleted, and the image has it";
    expect(shown({ type: "changed", service: "default/hello", files: ["src/a.ts"], reason })).toBe(
      "↻ default/hello: src/a.ts (src/a.ts was deleted, and the image has it) changed: new revision",
    );
    expect(shown({ type: "changed", service: "default/hello", files: ["a"], isSame: true })).toBe(
      "↻ default/hello: a changed: the image is the same, no new revision",
    );
    const refused = {
      type: "sync-refused",
      service: "default/hello",
      message: "/app is read-only",
      isRebuilt: true,
    } as const;
    expect(shown(refused)).toBe("· default/hello: files cannot be synced: /app is read-only; a new revision has them");
  });
});
