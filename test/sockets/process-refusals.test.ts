// Tests the process runtime with fields that need a container: it refuses the pod with a condition, or lists ignored
// fields in one notice.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Service } from "../../src/apis/serving/types.ts";
import { testAppPath } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { openSession, type TestSession } from "../support/session.ts";

const limited = {
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "limited", namespace: "default" },
  spec: { template: { spec: { containers: [{ image: "shop", resources: { limits: { memory: "64Mi" } } }] } } },
} satisfies Service;

let session: TestSession;
beforeAll(async () => {
  session = await openSession("process", { services: [limited] });
});
afterAll(() => session[Symbol.asyncDispose]());

const condition = async (name: string) => {
  const { status } = await session.service(name);
  return status?.conditions?.find(({ type }) => type === "ConfigurationsReady");
};

test("one notice lists the ignored fields of each Service", () => {
  const notices = session.emulator.notices.filter((notice) => notice.includes("PORT"));
  expect(notices).toEqual([
    "each instance gets its own free PORT, and these settings are ignored:\n    limited: image shop, limits (memory 64Mi)",
  ]);
});

test("the process runtime ignores a pull policy, because a process has no image to pull (11 B3)", async () => {
  for (const imagePullPolicy of ["Always", "Never"]) {
    const name = `pull-${imagePullPolicy.toLowerCase()}`;
    await session.deploy(name, { container: { image: "registry.invalid/none:1", imagePullPolicy } });
    await session.ready(name);
  }
});

test("a pod with a volume is refused at once, and the Service shows the reason", async () => {
  await session.deploy("mounted", {
    spec: { volumes: [{ name: "data", emptyDir: {} }] },
    container: { volumeMounts: [{ name: "data", mountPath: "/data" }] },
  });
  await eventually(async () => {
    const message = expect.stringContaining('volume "data" at /data: a process has no volumes; use --runtime docker');
    expect(await condition("mounted")).toMatchObject({ status: "False", message });
  });
});

test("a second container runs if it has a command, and is refused otherwise", async () => {
  const app = { image: session.image, name: "app", ports: [{ containerPort: 8080 }] };
  const pair = (name: string, side: object) => ({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { template: { spec: { containers: [app, { name: "side", image: "side", ...side }] } } },
  });
  const env = [
    { name: "PORT", value: "0" },
    { name: "LISTEN_HOST", value: "127.0.0.1" },
  ];
  await session.apply(pair("paired", { command: [process.execPath, testAppPath], env }));
  await session.ready("paired");
  expect(await session.fetch("paired")).toMatchObject({ status: 200 });
  await session.apply(pair("half", {}));
  await eventually(async () => {
    const message = expect.stringContaining('container "side": without its image a process needs a command');
    expect(await condition("half")).toMatchObject({ status: "False", message });
  });
});
