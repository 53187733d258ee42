// Tests volumes on a real engine: files, modes, owners, subPath, updates, claims that outlive a session, and removal.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Container, PodSpec } from "../../src/apis/core/pod-spec.ts";
import { eventually } from "../support/eventually.ts";
import { type NodeBench, openNodeBench, statusOf } from "../support/node-bench.ts";

let bench: NodeBench;
beforeAll(async () => {
  bench = await openNodeBench("docker");
});
afterAll(() => bench.close());

const configMap = (name: string, data: Record<string, string>): void => {
  bench.store.delete({ kind: "ConfigMap", namespace: "default", name });
  bench.store.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data } as never);
};
const secret = (name: string, stringData: Record<string, string>): void => {
  bench.store.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "default" },
    stringData,
  } as never);
};
const up = async (
  volumes: PodSpec["volumes"],
  mounts: Container["volumeMounts"],
  more: Partial<Container> = {},
  spec: Partial<PodSpec> = {},
) => {
  const { metadata } = bench.pod({ volumeMounts: mounts ?? [], ...more }, { volumes: volumes ?? [], ...spec });
  await bench.ready(metadata.name);
  return metadata.name;
};
const file = async (pod: string, path: string) => (await bench.get(pod, `/file?path=${path}`)).text;
const stat = async (pod: string, path: string) => (await bench.get(pod, `/stat?path=${path}`)).json();

describe("volumes", () => {
  test("a ConfigMap volume is read-only, and an update of the ConfigMap reaches the running pod", async () => {
    configMap("cfg", { "a.txt": "one", "b.txt": "two" });
    const pod = await up(
      [{ name: "v", configMap: { name: "cfg" } }],
      [{ name: "v", mountPath: "/etc/cfg", readOnly: true }],
    );
    expect(await file(pod, "/etc/cfg/a.txt")).toBe("one");
    expect(await file(pod, "/etc/cfg/b.txt")).toBe("two");
    expect((await bench.get(pod, "/write?path=/etc/cfg/a.txt&text=no")).status).toBe(500);
    bench.store.patchMerge(
      { kind: "ConfigMap", namespace: "default", name: "cfg" },
      { data: { "a.txt": "new", "c.txt": "three" } },
    );
    await eventually(async () => expect(await file(pod, "/etc/cfg/a.txt")).toBe("new"));
    expect(await file(pod, "/etc/cfg/c.txt")).toBe("three");
    bench.remove(pod);
  });

  test("a volume honours items, modes and optional sources", async () => {
    secret("sec", { key: "s3cret", other: "x" });
    const pod = await up(
      [
        {
          name: "s",
          secret: { secretName: "sec", items: [{ key: "key", path: "deep/er/k", mode: 0o400 }], defaultMode: 0o440 },
        },
        { name: "gone", configMap: { name: "nobody", optional: true } },
      ],
      [
        { name: "s", mountPath: "/s" },
        { name: "gone", mountPath: "/gone" },
      ],
    );
    expect(await file(pod, "/s/deep/er/k")).toBe("s3cret");
    expect(await stat(pod, "/s/deep/er/k")).toMatchObject({ mode: "400", uid: 0 });
    expect((await bench.get(pod, "/file?path=/s/other")).status).toBe(500);
    expect((await bench.get(pod, "/ls?path=/gone")).status).toBe(200);
    bench.remove(pod);
  });

  test("a projected volume joins its sources; the last source wins; it has a service account token", async () => {
    configMap("one", { same: "first", only: "one" });
    secret("two", { same: "second" });
    const pod = await up(
      [
        {
          name: "p",
          projected: {
            defaultMode: 0o444,
            sources: [
              { configMap: { name: "one" } },
              { secret: { name: "two" } },
              { serviceAccountToken: { path: "token", audience: "me" } },
              { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
            ],
          },
        },
      ],
      [{ name: "p", mountPath: "/p" }],
    );
    expect(await file(pod, "/p/same")).toBe("second");
    expect(await file(pod, "/p/only")).toBe("one");
    expect(await file(pod, "/p/labels")).toMatch(/^app="pod-\d+"$/);
    expect(await file(pod, "/p/token")).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await stat(pod, "/p/token")).toMatchObject({ mode: "444" });
    bench.remove(pod);
  });

  test("a mount with subPath shows one file of a volume", async () => {
    configMap("part", { "app.conf": "whole", other: "x" });
    const pod = await up(
      [{ name: "v", configMap: { name: "part" } }],
      [{ name: "v", mountPath: "/opt/app.conf", subPath: "app.conf" }],
    );
    expect(await file(pod, "/opt/app.conf")).toBe("whole");
    bench.remove(pod);
  });

  test("an emptyDir, on disk or in memory, belongs to one pod, is writable for its user, and is removed with the pod", async () => {
    const pod = await up(
      [
        { name: "disk", emptyDir: {} },
        { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
      ],
      [
        { name: "disk", mountPath: "/disk" },
        { name: "memory", mountPath: "/memory" },
      ],
      { securityContext: { runAsUser: 65532 } },
    );
    for (const folder of ["disk", "memory"]) {
      expect((await bench.get(pod, `/write?path=/${folder}/x&text=mine`)).status).toBe(200);
      expect(await file(pod, `/${folder}/x`)).toBe("mine");
    }
    const volumes = async () =>
      (await bench.runtime.volumes.list(bench.filter)).filter(({ name }) => /_(disk|memory)_/.test(name));
    expect((await volumes()).length).toBe(2);
    bench.remove(pod);
    await bench.gone(pod);
    expect(await volumes()).toEqual([]);
  });

  test("fsGroup owns the mounted files", async () => {
    configMap("grouped", { a: "1" });
    const pod = await up(
      [
        { name: "v", configMap: { name: "grouped", defaultMode: 0o400 } },
        { name: "e", emptyDir: {} },
      ],
      [
        { name: "v", mountPath: "/v" },
        { name: "e", mountPath: "/e" },
      ],
      { securityContext: { runAsUser: 2000 } },
      { securityContext: { fsGroup: 4000 } },
    );
    expect(await stat(pod, "/v/a")).toMatchObject({ gid: 4000, mode: "440" });
    expect(await stat(pod, "/e")).toMatchObject({ gid: 4000, mode: "2777" });
    expect(await file(pod, "/v/a")).toBe("1");
    bench.remove(pod);
  });

  test("containers of a pod share its emptyDir", async () => {
    const pod = await up(
      [{ name: "shared", emptyDir: {} }],
      [{ name: "shared", mountPath: "/in" }],
      {},
      {
        initContainers: [
          {
            name: "first",
            image: bench.image,
            command: ["sh", "-c", "echo from init > /out/x"],
            volumeMounts: [{ name: "shared", mountPath: "/out" }],
          },
        ],
        containers: [],
      },
    );
    expect(await file(pod, "/in/x")).toBe("from init\n");
    bench.remove(pod);
    await bench.gone(pod);
  });

  test("the next pod finds the files of a claim; a missing claim blocks the pod", async () => {
    const claim = (claimName: string) => [{ name: "data", persistentVolumeClaim: { claimName } }];
    const mount = [{ name: "data", mountPath: "/data" }];
    const waiting = bench.pod({ volumeMounts: mount }, { volumes: claim("none") }).metadata.name;
    await eventually(() =>
      expect(statusOf(bench.now(waiting)).state?.waiting).toEqual({
        reason: "ContainerCreating",
        message: 'persistentvolumeclaim "none" not found',
      }),
    );
    bench.remove(waiting);
    const name = `data-${bench.labels["knap.dev/test"]}`;
    bench.store.create({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, namespace: "default" } });
    const first = await up(claim(name), mount);
    await bench.get(first, "/write?path=/data/x&text=kept");
    bench.remove(first);
    await bench.gone(first);
    const second = await up(claim(name), mount);
    expect(await file(second, "/data/x")).toBe("kept");
    bench.remove(second);
    await bench.gone(second);
    await bench.runtime.volumes.remove(`knap_default_${name}`);
  });

  test("a missing source blocks the pod with the kubelet's message until it exists", async () => {
    const { metadata } = bench.pod(
      { volumeMounts: [{ name: "v", mountPath: "/v" }] },
      { volumes: [{ name: "v", configMap: { name: "late" } }] },
    );
    await eventually(() =>
      expect(statusOf(bench.now(metadata.name)).state?.waiting?.message).toBe(
        'MountVolume.SetUp failed for volume "v" : configmap "late" not found',
      ),
    );
    expect(bench.events("FailedMount").length).toBeGreaterThan(0);
    configMap("late", { a: "1" });
    await bench.ready(metadata.name);
    bench.remove(metadata.name);
  });
});
