// Tests which sessions count as live and which files knap trusts: two sessions of one user, a deleted folder, files of
// other users.

import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/sleep.ts";
import { processIdentity } from "../../../src/node/runtime/process/process-identity.ts";
import { startTimeOf } from "../../../src/node/runtime/process/system-processes.ts";
import { eventually } from "../../support/eventually.ts";
import { get, KnapHome } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
const OTHER_USER = 12_345;
const isRoot = process.getuid?.() === 0;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

const folder = () => join(home.folder, "knap");
const sessions = () => readdirSync(folder()).filter((name) => /^[0-9a-f]{8}$/.test(name));
const up = (cwd?: string) => home.start(["up", "-f", hello, "--ui", "json"], cwd);
const ready = (knap: ReturnType<typeof up>) => knap.until(({ type }) => type === "ready");

describe("the folder of a live session", () => {
  test("the deleted folder of a live session is restored with socket, token and kubeconfig (11 A4)", async () => {
    const running = up();
    await ready(running);
    const [id = ""] = sessions();
    rmSync(join(folder(), id), { recursive: true });
    await eventually(() => expect(existsSync(join(folder(), id, "alive.sock"))).toBe(true), 10_000);
    expect(statSync(join(folder(), id)).mode & 0o777).toBe(0o700);
    expect((await home.run(["get", "ksvc", "-o", "name"])).stdout).toBe("service.serving.knative.dev/hello\n");
    expect(await running.interrupt()).toMatchObject({ code: 0 });
    expect(sessions()).toEqual([]);
  });

  test.skipIf(!isRoot)(
    "the folder of a live session is not restored into a folder of another user (11 A5)",
    async () => {
      const running = up();
      await ready(running);
      const [id = ""] = sessions();
      const path = join(folder(), id);
      rmSync(path, { recursive: true });
      mkdirSync(path);
      chownSync(path, OTHER_USER, OTHER_USER);
      // The restore runs once a second, so this is at least two runs.
      await sleep(2500);
      expect(readdirSync(path)).toEqual([]);
      rmSync(path, { recursive: true });
      await eventually(() => expect(existsSync(join(path, "token"))).toBe(true), 10_000);
      expect(await running.interrupt()).toMatchObject({ code: 0 });
    },
  );

  test("the records of its processes are restored, so that the next start ends them after a crash (11 A4)", async () => {
    const running = up();
    const { address } = await ready(running);
    const [id = ""] = sessions();
    const records = join(folder(), id, "processes");
    const pid = Number(/process (\d+)/.exec((await get(String(address))).text)?.[1]);
    await sleep(1500);
    rmSync(join(folder(), id), { recursive: true });
    await eventually(() => expect(readdirSync(records)).toHaveLength(1), 10_000);
    expect(readFileSync(join(records, readdirSync(records)[0] ?? ""), "utf8")).toContain(`${pid}/`);
    expect(await running.interrupt()).toMatchObject({ code: 0 });
  });

  test("another start does not sweep a live session while its socket is missing (11 A4)", async () => {
    const running = up();
    const { address } = await ready(running);
    const [id = ""] = sessions();
    // A stopped process cannot restore the socket before the other session sweeps.
    running.child.kill("SIGSTOP");
    rmSync(join(folder(), id, "alive.sock"));
    try {
      expect(await home.run(["ci", "-f", hello])).toMatchObject({ code: 0 });
      expect(sessions()).toEqual([id]);
    } finally {
      running.child.kill("SIGCONT");
    }
    expect((await get(String(address))).status).toBe(200);
    expect(await running.interrupt()).toMatchObject({ code: 0 });
  });
});

describe("a process record or session file", () => {
  /** Makes the folder of a dead session that records a live process. Without `spoil` the next start would kill it. */
  const plant = async (pid: number, spoil: (paths: Record<"session" | "records" | "record", string>) => void) => {
    const session = join(folder(), "0badcafe");
    const records = join(session, "processes");
    const record = join(records, "x.json");
    mkdirSync(folder(), { recursive: true, mode: 0o700 });
    mkdirSync(records, { recursive: true, mode: 0o700 });
    writeFileSync(record, JSON.stringify({ process: await processIdentity(pid), labels: {} }), { mode: 0o600 });
    for (const path of [folder(), session, records]) chmodSync(path, 0o700);
    spoil({ session, records, record });
  };
  const untrusted: [string, boolean, (paths: Record<"session" | "records" | "record", string>) => void][] = [
    ["in a session folder of another user", true, ({ session }) => chownSync(session, OTHER_USER, OTHER_USER)],
    ["in a record folder of another user", true, ({ records }) => chownSync(records, OTHER_USER, OTHER_USER)],
    ["that belongs to another user", true, ({ record }) => chownSync(record, OTHER_USER, OTHER_USER)],
    ["that every user may write", false, ({ record }) => chmodSync(record, 0o666)],
    ["in a session folder that every user may write", false, ({ session }) => chmodSync(session, 0o777)],
  ];

  test.each(untrusted.filter(([, needsRoot]) => isRoot || !needsRoot))(
    "a process record %s kills no process (11 A5)",
    async (_, __, spoil) => {
      const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { detached: true });
      try {
        await eventually(() => expect(bystander.pid).toBeGreaterThan(0));
        await plant(bystander.pid as number, spoil);
        expect(await home.run(["ci", "-f", hello])).toMatchObject({ code: 0 });
        expect(bystander.signalCode).toBeNull();
        expect(await startTimeOf(bystander.pid as number)).toBeDefined();
      } finally {
        bystander.kill("SIGKILL");
        rmSync(join(folder(), "0badcafe"), { recursive: true, force: true });
      }
    },
  );

  test.runIf(isRoot)("a session file of another user does not decide which API a command uses (11 A5)", async () => {
    const session = join(folder(), "0badcafe");
    mkdirSync(session, { recursive: true, mode: 0o700 });
    const record = {
      id: "0badcafe",
      pid: process.pid,
      startedAt: "",
      api: "http://127.0.0.1:1",
      ingress: "http://localhost:1",
    };
    const rest = { workingFolder: home.folder, command: "up", runtime: "process", version: "1" };
    writeFileSync(join(session, "session.json"), JSON.stringify({ ...record, ...rest }), { mode: 0o600 });
    writeFileSync(join(session, "token"), "x", { mode: 0o600 });
    writeFileSync(join(session, "process"), await processIdentity(), { mode: 0o600 });
    expect((await home.run(["down", "--list"])).stdout).toContain("0badcafe");
    chownSync(session, OTHER_USER, OTHER_USER);
    expect((await home.run(["down", "--list"])).stdout).toBe("no session is running\n");
    rmSync(session, { recursive: true });
  });
});

describe("a sessions folder that another user could own", () => {
  const expectPrivateFolder = async (): Promise<void> => {
    const running = up();
    await ready(running);
    expect(running.stderr).toMatch(/knap.*; sessions are kept in .* instead/);
    expect((await home.run(["get", "ksvc", "-o", "name"])).stdout).toBe("service.serving.knative.dev/hello\n");
    expect(await running.interrupt()).toMatchObject({ code: 0 });
  };
  // Sessions can move to TMPDIR, so each test has its own.
  beforeEach(() => {
    home[Symbol.dispose]();
    home = new KnapHome({ KNAP_RUNTIME: "process" });
    mkdirSync(join(home.folder, "tmp"), { mode: 0o700 });
    home.env["TMPDIR"] = join(home.folder, "tmp");
  });

  test.runIf(isRoot)(
    "a sessions folder of another user is not used, and the notice names the private folder used instead (11 A5)",
    async () => {
      mkdirSync(folder(), { mode: 0o777 });
      chownSync(folder(), OTHER_USER, OTHER_USER);
      await expectPrivateFolder();
      expect(readdirSync(folder())).toEqual([]);
      rmSync(folder(), { recursive: true });
    },
  );

  test("a sessions folder that is a symbolic link is not used (11 A5)", async () => {
    mkdirSync(join(home.folder, "target"));
    symlinkSync(join(home.folder, "target"), folder());
    await expectPrivateFolder();
    expect(readdirSync(join(home.folder, "target"))).toEqual([]);
    rmSync(folder());
  });

  test("a sessions folder that every user may replace is not used (11 A5)", async () => {
    mkdirSync(join(home.folder, "open"));
    chmodSync(join(home.folder, "open"), 0o777);
    home.env["XDG_RUNTIME_DIR"] = join(home.folder, "open");
    await expectPrivateFolder();
    expect(readdirSync(join(home.folder, "open"))).toEqual([]);
  });
});

describe("a folder that is open to a group", () => {
  const openToGroup = (name: string): string => {
    const path = join(home.folder, name);
    mkdirSync(path);
    chownSync(path, process.getuid?.() ?? 0, OTHER_USER);
    chmodSync(path, 0o770);
    return path;
  };

  test.runIf(isRoot)(
    "a folder that a group could replace is used neither for sessions nor, at any level, for the state (11 A5)",
    async () => {
      home.env["XDG_RUNTIME_DIR"] = openToGroup("open");
      home.env["XDG_STATE_HOME"] = join(openToGroup("state"), "deeper");
      const temporary = join(home.folder, "tmp");
      mkdirSync(temporary, { mode: 0o700 });
      home.env["TMPDIR"] = temporary;
      const running = up();
      await ready(running);
      expect(running.stderr).toMatch(/group \d+ may replace files in .*open; sessions are kept in .*tmp/);
      expect(running.stderr).toMatch(
        /group \d+ may replace files in .*state; host id and certificate authority are kept in/,
      );
      expect(await running.interrupt()).toMatchObject({ code: 0 });
      expect([...readdirSync(join(home.folder, "open")), ...readdirSync(join(home.folder, "state"))]).toEqual([]);
    },
  );
});

describe("knap down", () => {
  test("`knap down --all --yes` also ends a live session without a record (11 C3)", async () => {
    home.env["DOCKER_HOST"] = "unix:///nowhere.sock";
    const running = up();
    await ready(running);
    const [id = ""] = sessions();
    writeFileSync(join(folder(), id, "session.json"), "{}");
    expect(await home.run(["down", "--all", "--yes"])).toMatchObject({ code: 0, stdout: `session ${id} ended\n` });
    expect(await running.finished).toMatchObject({ code: 0 });
  });

  test.each([
    ["Ctrl-C ends the command with exit code 130", "\u0003", 130, "interrupted"],
    ["Ctrl-D means no", "\u0004", 1, "spared"],
  ])("at the question of `knap down --all`, %s (11 C3)", async (_, key, code, text) => {
    home.env["DOCKER_HOST"] = "unix:///nowhere.sock";
    const running = up();
    await ready(running);
    const cli = new URL("../../../dist/cli.js", import.meta.url).pathname;
    const command = `${process.execPath} ${cli} down --all`;
    const asking = spawn("script", ["-qec", command, "/dev/null"], { env: home.env, cwd: home.folder });
    let shown = "";
    asking.stdout.on("data", (data) => (shown += String(data)));
    await eventually(() => expect(shown).toContain("[y/N]"), 10_000);
    asking.stdin.write(key);
    expect(await new Promise((resolve) => asking.once("exit", resolve))).toBe(code);
    expect(shown).toContain(text);
    expect(running.child.exitCode).toBeNull();
    expect(await running.interrupt()).toMatchObject({ code: 0 });
  });

  test("`knap down` without --session never ends a session of another folder (11 C3)", async () => {
    const running = up();
    await ready(running);
    const [id = ""] = sessions();
    const otherFolder = join(home.folder, "..");
    const refused = await home.run(["down"], otherFolder);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${id}  http://localhost`);
    expect(refused.stderr).toContain("--session");
    expect(running.child.exitCode).toBeNull();
    expect(await home.run(["down", "--session", id], otherFolder)).toMatchObject({ code: 0 });
    expect(await running.finished).toMatchObject({ code: 0 });
  });

  test("`knap down --all` lists the live sessions and does not end them without --yes (11 C3)", async () => {
    const noEngine = { DOCKER_HOST: "unix:///nowhere.sock" };
    Object.assign(home.env, noEngine);
    const running = up();
    await ready(running);
    const [id = ""] = sessions();
    const spared = await home.run(["down", "--all"]);
    expect(spared.code).toBe(1);
    expect(spared.stderr).toMatch(new RegExp(`live sessions:\n.*\n${id} .*--yes`, "s"));
    expect(running.child.exitCode).toBeNull();
    const ended = await home.run(["down", "--all", "--yes"]);
    expect(ended).toMatchObject({ code: 0, stdout: `session ${id} ended (${home.folder})\n` });
    expect(await running.finished).toMatchObject({ code: 0 });
  });
});
