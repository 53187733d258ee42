// Tests what the planners do for a Revision with the debug annotation.
import { beforeEach, describe, expect, test } from "vitest";
import type { Revision } from "../../../../src/apis/serving/types.ts";
import { knativeService, makePaperCluster, type PaperCluster } from "../../../support/paper-cluster.ts";

const KSVC = { kind: "Service.serving.knative.dev", namespace: "default", name: "shop" } as const;
const REVISION = { kind: "Revision.serving.knative.dev", namespace: "default", name: "shop-00001" } as const;
const SETTINGS = {
  debugger: "node",
  port: 9300,
  containerPort: 9229,
  command: ["node", "--inspect=0.0.0.0:9229", "server.js"],
  env: { NODE_OPTIONS: "--inspect" },
};
const container = {
  image: "example.com/shop:v1",
  args: ["server.js"],
  env: [{ name: "NODE_OPTIONS", value: "--trace-warnings" }],
  livenessProbe: { httpGet: { path: "/live" }, periodSeconds: 1 },
  startupProbe: { tcpSocket: {}, failureThreshold: 2 },
  readinessProbe: { httpGet: { path: "/" }, periodSeconds: 1, failureThreshold: 1 },
};
const template = {
  metadata: { annotations: { "autoscaling.knative.dev/min-scale": "3" } },
  spec: { timeoutSeconds: 1, responseStartTimeoutSeconds: 1, idleTimeoutSeconds: 1, containers: [container] },
};

let cluster: PaperCluster;
const debug = (settings: object | null) => {
  const annotations = { "knap.dev/debug": settings && JSON.stringify(settings) };
  cluster.store.patchMerge(REVISION, { metadata: { annotations } });
  expect(cluster.settle()).toBe(true);
};
const deployment = () => cluster.store.list("Deployment.apps")[0];
const pods = () => cluster.store.list("Pod").filter(({ metadata }) => metadata.deletionTimestamp === undefined);
const service = () => cluster.store.get(KSVC.kind, KSVC.namespace, KSVC.name);
const ready = () => service()?.status?.conditions?.find(({ type }) => type === "Ready");

beforeEach(() => {
  cluster = makePaperCluster();
  cluster.store.create(knativeService("shop", "", { template }));
  cluster.settle();
});

describe("a debugged Revision", () => {
  test("has one pod under its debugger, and afterwards its usual pods", () => {
    const before = deployment();
    const [usual] = pods();
    expect(pods()).toHaveLength(3);
    debug(SETTINGS);
    expect(pods()).toHaveLength(1);
    const [serving] = pods()[0]?.spec.containers ?? [];
    expect(serving?.command).toEqual(SETTINGS.command);
    expect(serving?.args).toBeUndefined();
    expect(serving?.ports?.map(({ containerPort }) => containerPort)).toEqual([8080, 9229]);
    const options = serving?.env?.filter(({ name }) => name === "NODE_OPTIONS");
    expect(options?.map(({ value }) => value)).toEqual(["--trace-warnings", "$(NODE_OPTIONS) --inspect"]);
    debug(null);
    expect(pods()).toHaveLength(3);
    expect(pods()[0]?.spec.containers).toEqual(usual?.spec.containers);
    expect(deployment()?.spec).toEqual(before?.spec);
    expect(deployment()?.spec.template.metadata?.annotations).toEqual(before?.spec.template.metadata?.annotations);
  });

  test("has no liveness probe, no probe that can fail, and no time limit below a week", () => {
    debug(SETTINGS);
    const [serving, queue] = pods()[0]?.spec.containers ?? [];
    expect(serving?.livenessProbe).toBeUndefined();
    expect(serving?.startupProbe?.failureThreshold).toBe(2 ** 31 - 1);
    expect(queue?.readinessProbe?.failureThreshold).toBe(2 ** 31 - 1);
    const limits = queue?.env?.filter(({ name }) => /TIMEOUT/.test(name)).map(({ name, value }) => [name, value]);
    expect(limits).toEqual([
      ["REVISION_TIMEOUT_SECONDS", "604800"],
      ["REVISION_RESPONSE_START_TIMEOUT_SECONDS", "0"],
      ["REVISION_IDLE_TIMEOUT_SECONDS", "0"],
    ]);
    expect(deployment()?.spec.progressDeadlineSeconds).toBe(604_800);
  });

  test("keeps the traffic until its debugging ends, although a newer Revision is ready", () => {
    debug(SETTINGS);
    cluster.store.patchMerge(KSVC, {
      spec: { template: { spec: { containers: [{ ...container, image: "example.com/shop:v2" }] } } },
    });
    cluster.settle();
    expect(service()?.status?.latestCreatedRevisionName).toBe("shop-00002");
    expect(service()?.status?.latestReadyRevisionName).toBe("shop-00001");
    expect(ready()).toMatchObject({
      status: "Unknown",
      reason: "Debugging",
      message: 'Revision "shop-00002" gets traffic when debugging of Revision "shop-00001" ends.',
    });
    expect(cluster.events.filter(({ reason }) => reason === "RolloutHeld")).toHaveLength(1);
    debug(null);
    expect(service()?.status?.latestReadyRevisionName).toBe("shop-00002");
    expect(ready()?.status).toBe("True");
  });

  test("is never a new one, although the template has the annotation", () => {
    const annotations = { ...template.metadata.annotations, "knap.dev/debug": JSON.stringify(SETTINGS) };
    cluster.store.patchMerge(KSVC, { spec: { template: { metadata: { annotations } } } });
    cluster.settle();
    const made = cluster.store.get(REVISION.kind, "default", "shop-00002")?.metadata.annotations;
    expect(made).toMatchObject(template.metadata.annotations);
    expect(made).not.toHaveProperty("knap.dev/debug");
  });

  test.each(["no JSON", '{"debugger":"cobol","port":1,"containerPort":1}', '{"debugger":"node","port":0}'])(
    "is not debugged with the malformed settings %s",
    (text) => {
      cluster.store.patchMerge(REVISION, { metadata: { annotations: { "knap.dev/debug": text } } });
      cluster.settle();
      expect(pods()).toHaveLength(3);
      expect((cluster.store.get(REVISION.kind, "default", REVISION.name) as Revision).status?.conditions).toBeDefined();
    },
  );
});
