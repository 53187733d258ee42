// Tests containers of every runtime. Skips and counts the tests of capabilities that a runtime lacks.
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { freePort } from "../../src/node/runtime/process/process-registry.ts";
import { RuntimeError, type RuntimeEvent } from "../../src/node/runtime/runtime.ts";
import { eventually } from "../support/eventually.ts";
import { openBench } from "./runtime-bench.ts";
import { subjects } from "./runtime-subjects.ts";

describe.each(subjects)("runtime $name", (kind) => {
  const bench = openBench(kind);
  const { labels, filter, needing, create, start, state, get, up, linesOf } = bench;

  test("a runtime reports exactly the capabilities that the suite expects", () => {
    const lacking = Object.entries(bench.runtime.capabilities).flatMap(([name, has]) => (has ? [] : [name]));
    expect(lacking.sort()).toEqual([...kind.lacks].sort());
  });

  test("a runtime reports its name, processors, memory and address mode", async () => {
    const info = await bench.runtime.info();
    expect(info.name).toBe(kind.name);
    expect(info.cpus).toBeGreaterThan(0);
    expect(info.memoryBytes).toBeGreaterThan(2 ** 20);
    expect(["direct", "published"]).toContain(info.address);
  });

  test("a call with an empty or malformed id rejects with a RuntimeError or finds nothing (11 A1)", async () => {
    const { runtime } = bench;
    for (const id of ["", ".", "..", "a/../b", "%2e%2e", "%"]) {
      const calls: readonly (() => Promise<unknown>)[] = [
        () => runtime.start(id),
        () => runtime.stats(id),
        () => runtime.pause(id),
        () => runtime.unpause(id),
        () => runtime.exec(id, ["true"]),
        () => runtime.listeners(id),
        () => runtime.wait(id),
        () => runtime.getArchive(id, "/"),
        () => runtime.putArchive(id, "/", Readable.from([])),
        async () => {
          for await (const line of runtime.logs(id, { follow: false })) expect(line).toBeUndefined();
        },
        () => runtime.images.tag(id, "a:b"),
      ];
      // `async` turns a synchronous throw into a rejection.
      const outcomes = await Promise.allSettled(calls.map(async (call) => call()));
      for (const { status, reason } of outcomes as PromiseRejectedResult[]) {
        expect(status, id).toBe("rejected");
        expect(reason, id).toBeInstanceOf(RuntimeError);
      }
      const tolerant = [() => runtime.kill(id, "SIGTERM"), () => runtime.remove(id), () => runtime.inspect(id)];
      const rest = [...tolerant, () => runtime.images.inspect(id), () => runtime.networks.close(id)];
      for (const outcome of await Promise.allSettled(rest.map(async (call) => call()))) {
        if (outcome.status === "fulfilled") expect(outcome.value, id).toBeUndefined();
        else expect(outcome.reason, id).toBeInstanceOf(RuntimeError);
      }
    }
  });

  test("a container can be created, started, called and removed", async () => {
    const id = await create(bench.subject.app("life", { GREETING: "hi" }));
    expect((await state(id)).status).toBe("created");
    await bench.runtime.start(id);
    await eventually(async () => expect((await get(id, "/")).status).toBe(200));
    const running = await state(id);
    expect(running).toMatchObject({ status: "running", labels });
    expect(Date.parse(running.startedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect((await get(id, "/env")).json()).toMatchObject({ GREETING: "hi" });
    await bench.runtime.remove(id);
    expect(await bench.runtime.inspect(id)).toBeUndefined();
  });

  test("a list by label returns only the containers with a label", async () => {
    const id = await create(bench.subject.app("listed", {}, { labels: { ...labels, "knap.dev/part": "one" } }));
    await create(bench.subject.app("other"));
    expect((await bench.runtime.list(`${filter}`)).length).toBe(2);
    expect((await bench.runtime.list("knap.dev/part=one")).map((one) => one.id)).toEqual([id]);
  });

  test("a container that ends keeps its exit code", async () => {
    const id = await start(bench.subject.app("ends", { EXIT_AT_START: "5" }));
    expect(await bench.runtime.wait(id)).toEqual({ exitCode: 5, oomKilled: false });
    expect(await state(id)).toMatchObject({ status: "exited", exitCode: 5, oomKilled: false });
  });

  test("a wait can be aborted, and the container keeps running", async () => {
    const id = await up(bench.subject.app("patient"));
    const abort = new AbortController();
    const waiting = bench.runtime.wait(id, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow();
    expect((await state(id)).status).toBe("running");
  });

  test("SIGTERM reaches the app, and its own exit code is kept", async () => {
    const id = await up(bench.subject.app("polite", { TERM_EXIT_CODE: "3" }));
    await bench.runtime.kill(id, "SIGTERM");
    expect((await bench.runtime.wait(id)).exitCode).toBe(3);
  });

  test("SIGKILL ends an app that ignores SIGTERM, with exit code 137", async () => {
    const id = await up(bench.subject.app("stubborn", { IGNORE_TERM: "true" }));
    await bench.runtime.kill(id, "SIGTERM");
    await sleep(100);
    expect((await state(id)).status).toBe("running");
    await bench.runtime.kill(id, "SIGKILL");
    expect((await bench.runtime.wait(id)).exitCode).toBe(137);
  });

  test("killing or removing a missing container is not an error", async () => {
    const id = await start(bench.subject.app("twice", { EXIT_AT_START: "0" }));
    await bench.runtime.wait(id);
    await bench.runtime.kill(id, "SIGTERM");
    await bench.runtime.remove(id);
    await bench.runtime.remove(id);
    await bench.runtime.kill(id, "SIGKILL");
    expect(await bench.runtime.inspect(id)).toBeUndefined();
  });

  test("a missing command is an 'invalid' error that names the command", async () => {
    const id = await create(bench.subject.app("absent", {}, { command: ["/no/such/program"] }));
    await expect(bench.runtime.start(id)).rejects.toMatchObject({
      name: "RuntimeError",
      code: "invalid",
      message: expect.stringContaining("/no/such/program"),
    });
  });

  test("the command line consists of command and args", async () => {
    const base = bench.subject.app("args");
    const command = kind.name === "docker" ? ["/usr/local/bin/node", "/app/test-app.mjs"] : (base.command ?? []);
    const id = await up({ ...base, command, args: ["--one", "two words"] });
    expect((await get(id, "/whoami")).json()).toMatchObject({ argv: ["--one", "two words"] });
  });

  test("the host name of a container is that of its spec", async () => {
    const id = await up(bench.subject.app("host", {}, { hostname: "hello-00001-x" }));
    expect((await get(id, "/whoami")).json()).toMatchObject({ hostname: "hello-00001-x" });
  });

  test("logs have the stream and time of each line, in order", async () => {
    const id = await start(
      bench.subject.app("talks", { SAY: "first\nsecond", EXIT_AT_START: "1", EXIT_MESSAGE: "to stderr" }),
    );
    await bench.runtime.wait(id);
    const lines = await eventually(async () => {
      const found = await linesOf(id, { follow: false });
      expect(found.length).toBe(3);
      return found;
    });
    expect(lines.filter((line) => line.stream === "stdout").map((line) => line.text)).toEqual(["first", "second"]);
    expect(lines.filter((line) => line.stream === "stderr").map((line) => line.text)).toEqual(["to stderr"]);
    for (const line of lines) expect(Math.abs(Date.parse(line.time) - Date.now())).toBeLessThan(60_000);
    expect((await linesOf(id, { follow: false, tail: 1 })).length).toBe(1);
    expect(await linesOf(id, { follow: false, since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
  });

  test("a log line of 40,000 characters stays one line", async () => {
    const id = await up(bench.subject.app("long"));
    await get(id, "/log?length=40000");
    await eventually(async () => {
      const longest = Math.max(...(await linesOf(id, { follow: false })).map((line) => line.text.length));
      expect(longest).toBe(40_000);
    });
  });

  test("followed logs end with the container", async () => {
    const id = await up(bench.subject.app("followed"));
    const following = linesOf(id, { follow: true });
    await get(id, "/log?text=marker");
    await get(id, "/exit?code=0").catch(() => {});
    const lines = await following;
    expect(lines.map((line) => line.text)).toContain("marker");
  });

  test("following logs can be aborted", async () => {
    const id = await up(bench.subject.app("unfollowed"));
    const abort = new AbortController();
    const following = linesOf(id, { follow: true, signal: abort.signal });
    await sleep(50);
    abort.abort();
    expect((await following).some((line) => line.text.startsWith("listening"))).toBe(true);
  });

  needing("exec", "exec runs a command beside the app and returns its output and exit code", async () => {
    const id = await up(bench.subject.app("exec", { COLOUR: "blue" }));
    const script = "console.log(process.env.COLOUR); console.error('e'); process.exit(4)";
    const answer = await bench.runtime.exec(id, [kind.name === "docker" ? "node" : process.execPath, "-e", script]);
    expect(answer.exitCode).toBe(4);
    expect(answer.output).toContain("blue");
    expect(answer.output).toContain("e");
    expect((await bench.runtime.exec(id, ["/no/such/command"])).exitCode).not.toBe(0);
  });

  needing("exec", "an exec command that exceeds its timeout is an error", async () => {
    const id = await up(bench.subject.app("slow-exec"));
    await expect(bench.runtime.exec(id, ["sleep", "5"], { timeoutMs: 200 })).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("timed out after 200 ms"),
    });
  });

  test("statistics show CPU and memory usage", async () => {
    const id = await up(bench.subject.app("busy"));
    const stats = await bench.runtime.stats(id);
    expect(stats.cpuNanos).toBeGreaterThan(1e6);
    expect(stats.memoryBytes).toBeGreaterThan(2 ** 20);
  });

  needing("pause", "a paused container answers only after it is resumed", async () => {
    const id = await up(bench.subject.app("frozen"));
    await bench.runtime.pause(id);
    expect((await state(id)).status).toBe("paused");
    const answer = get(id, "/health").then((response) => response.status);
    expect(await Promise.race([answer, sleep(200, "silent")])).toBe("silent");
    await bench.runtime.unpause(id);
    expect(await answer).toBe(200);
    expect((await state(id)).status).toBe("running");
  });

  test("a runtime reports listening sockets and whether they listen on loopback only", async () => {
    const open = await up(bench.subject.app("open"));
    const port = (await state(open)).addresses[8080]?.port;
    const found = await bench.runtime.listeners(open);
    expect(found).toEqual([{ port: kind.name === "docker" ? 8080 : port, loopback: false }]);
    const free = await freePort(new Set());
    const shut = await start(bench.subject.app("shut", { LISTEN_HOST: "127.0.0.1", LISTEN_PORT: String(free) }));
    await eventually(async () => expect(await bench.runtime.listeners(shut)).toEqual([{ port: free, loopback: true }]));
  });

  test("the event stream reports starts and exits with labels until it is aborted", async () => {
    const stop = new AbortController();
    const events: RuntimeEvent[] = [];
    const reading = (async () => {
      for await (const event of bench.runtime.events(stop.signal)) events.push(event);
    })();
    await sleep(200);
    const id = await start(bench.subject.app("eventful", { EXIT_AT_START: "7" }));
    await eventually(async () =>
      expect(events.filter((event) => event.containerId === id).map((event) => event.type)).toEqual(["start", "die"]),
    );
    expect(events.find((event) => event.type === "die")).toMatchObject({ exitCode: 7, labels });
    stop.abort();
    await reading;
  });

  needing("assignsPort", "each instance listens on its own port", async () => {
    const ids = [await up(bench.subject.app("a")), await up(bench.subject.app("b"))];
    const ports = await Promise.all(ids.map(async (id) => (await state(id)).addresses[8080]?.port));
    expect(new Set(ports).size).toBe(2);
  });
});
