// Which resources on the engine count as left by ended sessions.
import { expect, test } from "vitest";
import { listLabelled, sweepOrphans } from "../../../../src/node/kubelet/orphans.ts";
import { identityOf, processIdentity } from "../../../../src/node/runtime/process/process-identity.ts";
import { startTimeOf } from "../../../../src/node/runtime/process/system-processes.ts";
import type { ContainerRuntime, RuntimeContainer } from "../../../../src/node/runtime/runtime.ts";

interface Session {
  readonly host?: string;
  readonly identity?: string;
  readonly knapContainer?: string;
  readonly status?: RuntimeContainer["status"];
  readonly name?: string;
}

/** An engine with a network, and a container if `status` is given, of session `s`. Containers in `running` run. */
const search = (session: Session, running: readonly string[] = []) => {
  const { host = "me", identity, knapContainer, status, name = "knap-s_c" } = session;
  const labels = {
    "knap.dev/session": "s",
    "knap.dev/host": host,
    ...(identity !== undefined && { "knap.dev/process": identity }),
    ...(knapContainer !== undefined && { "knap.dev/session-container": knapContainer }),
  };
  const removed: string[] = [];
  const container = status && { id: "c", name, labels, status };
  const runtime = {
    list: async () => (container ? [container] : []),
    inspect: async (id: string) => ({ status: running.includes(id) ? "running" : "exited", startedAt: "noon" }),
    remove: async (id: string) => void removed.push(id),
    networks: {
      list: async () => [{ id: "n", name: "n", labels }],
      close: async (id: string) => void removed.push(id),
    },
    volumes: { list: async () => [] },
  } as unknown as ContainerRuntime;
  return { removed, search: { runtime, hostId: "me", isSessionLive: () => false } };
};
const stateOf = async (session: Session, running?: readonly string[]) => {
  const [first] = await listLabelled(search(session, running).search);
  return first?.state;
};
const parts = async () => (await processIdentity()).split("/");
const withPart = async (at: number, value: string): Promise<string> => (await parts()).with(at, value).join("/");

test("a session is live while its process has the recorded start time (11 A6)", async () => {
  expect(await stateOf({ identity: await processIdentity() })).toBe("live");
  const startTime = (await startTimeOf(process.pid)) as string;
  expect(await stateOf({ identity: identityOf(process.pid, `${startTime}1`) })).toBe("ended");
  expect(await stateOf({ identity: identityOf(2 ** 30, startTime) })).toBe("ended");
});

test("a session in another pid namespace is unknown, and no start removes it (11 A4)", async () => {
  const identity = await withPart(3, "pid:[1]");
  const { removed, search: at } = search({ identity, status: "running" });
  expect((await listLabelled(at)).map(({ state }) => state)).toEqual(["unknown", "unknown"]);
  expect(await sweepOrphans(at)).toBe(0);
  expect(removed).toEqual([]);
  expect(await stateOf({ identity })).toBe("unknown");
});

test("a session with a malformed identity is unknown (11 A4)", async () => {
  expect(await stateOf({ identity: await withPart(0, "x") })).toBe("unknown");
  expect(await stateOf({ identity: await withPart(1, "") })).toBe("unknown");
});

test("the engine tells whether the container in which another knap runs still runs and was not restarted (11 A4)", async () => {
  const identity = await withPart(3, "pid:[1]");
  expect(await stateOf({ identity, knapContainer: "k/noon" }, ["k"])).toBe("unknown");
  expect(await stateOf({ identity, knapContainer: "k/morning" }, ["k"])).toBe("ended");
  expect(await stateOf({ identity, knapContainer: "k/noon" })).toBe("ended");
  expect(await stateOf({ identity, knapContainer: "k/noon", host: "you" })).toBe("ended");
});

test("a session of an earlier boot of this host has ended unless a container of it runs (11 A4)", async () => {
  const identity = await withPart(2, "0-0");
  expect(await stateOf({ identity })).toBe("ended");
  expect(await stateOf({ identity, status: "exited" })).toBe("ended");
  expect(await stateOf({ identity, status: "running" })).toBe("unknown");
  expect(await stateOf({ identity, host: "you" })).toBe("unknown");
});

test("a start removes the resources of ended sessions of this host only (11 A6)", async () => {
  const ended = identityOf(2 ** 30, "1");
  for (const [host, count] of [
    ["me", 2],
    ["you", 0],
  ] as const) {
    const { removed, search: at } = search({ identity: ended, host, status: "exited" });
    expect(await sweepOrphans(at)).toBe(count);
    expect(removed).toEqual(["c", "n"].slice(0, count));
  }
});

test("a user's container of an image that knap built is kept, although it has the labels (11 A4)", async () => {
  const identity = identityOf(2 ** 30, "1");
  for (const name of ["jolly_bell", "knap-s2_c"]) {
    const { removed, search: at } = search({ identity, status: "running", name });
    expect(await sweepOrphans(at)).toBe(1);
    expect(removed).toEqual(["n"]);
  }
});

test("resources of commands without an identity are removed on this host only", async () => {
  expect(await stateOf({})).toBe("ended");
  expect(await stateOf({ host: "you" })).toBe("unknown");
});
