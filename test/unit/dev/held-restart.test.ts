// Tests a save that concerns two Services while a debugger holds the restart of one.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import type { Service } from "../../../src/apis/serving/types.ts";
import { monotonicClock } from "../../../src/base/monotonic-clock.ts";
import type { Client } from "../../../src/client/client.ts";
import { Deployer } from "../../../src/dev/deployer.ts";
import type { DevEvent } from "../../../src/dev/dev-event.ts";
import { projectWith } from "../../support/loaded-project.ts";

test("a restart that a debugger holds delays no other Service, and the held one keeps getting files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "knap-held-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "Dockerfile"), "FROM x");
  const save = (text: string) => writeFileSync(join(folder, "a.mjs"), text);
  save("1");
  const rule = {
    path: join(folder, "a.mjs"),
    action: "sync+restart",
    target: "/app/a.mjs",
    initialSync: false,
  } as const;
  const project = projectWith(
    folder,
    ["debugged", "other"].map((name) => ({
      key: `default/${name}`,
      object: {
        apiVersion: "serving.knative.dev/v1",
        kind: "Service",
        metadata: { name, namespace: "default" },
        spec: { template: { spec: { containers: [{ image: "app:1" }] } } },
      } satisfies Service,
      image: "app:1",
      build: { context: folder, dockerfile: join(folder, "Dockerfile"), args: {}, bases: [] },
      develop: { rules: [{ ...rule, include: [], ignore: [] }], isInferred: false },
    })),
  );
  const events: DevEvent[] = [];
  const client = {
    apply: async (object: AnyObject) => ({ object, verdict: "configured", warnings: [] }),
    get: async () => undefined,
  } as unknown as Client;
  await using deployer = new Deployer({
    client,
    commands: new Map(),
    emit: (event) => events.push(event),
    clock: monotonicClock,
    isOwnFile: () => false,
    cwd: "/nowhere",
    buildImage: async ({ service }) => ({ ok: true, image: `dev.local/${service}:1` }),
    syncFiles: async ({ service }) => ({
      ok: true,
      instances: 1,
      dirty: 1,
      problems: [],
      isHeld: service === "default/debugged",
      times: { archivedMs: 1, servedMs: 2 },
    }),
  });
  const { signal } = new AbortController();
  await deployer.deploy(project, signal);
  for (const text of ["2", "3"]) {
    events.length = 0;
    save(text);
    expect(await deployer.syncChanges(project, [join(folder, "a.mjs")], { since: Date.now(), signal })).toBe(true);
    const told = events.map((event) => ("service" in event ? `${event.type} ${event.service}` : event.type));
    expect(told.sort()).toEqual(["sync-problem default/debugged", "synced default/debugged", "synced default/other"]);
    expect(events).toContainEqual(
      expect.objectContaining({ message: "the restart waits until the debugger detaches" }),
    );
  }
});
