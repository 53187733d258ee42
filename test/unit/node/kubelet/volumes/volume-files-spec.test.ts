// Tests the files of volumes and their layout.
import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import { describe, expect, test } from "vitest";
import type { Volume } from "../../../../../src/apis/core/pod-spec.ts";
import type { ConfigMap, Secret } from "../../../../../src/apis/core/types.ts";
import {
  isPodSpecific,
  renderVolumeFiles,
  type VolumeSources,
  volumeReferences,
} from "../../../../../src/node/kubelet/volumes/volume-files-spec.ts";
import { makeVolumeTar } from "../../../../../src/node/kubelet/volumes/volume-tar.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const configMaps: Readonly<Record<string, Partial<ConfigMap>>> = {
  one: { data: { a: "1", same: "first" }, binaryData: { raw: base64("bytes") } },
};
const secrets: Readonly<Record<string, Partial<Secret>>> = {
  two: { data: { k: base64("v"), same: base64("second") } },
};
const sources: VolumeSources = {
  pod: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "p",
      namespace: "default",
      uid: "u",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { b: "2", a: 'x"y' },
    },
    spec: { containers: [{ name: "c", resources: { limits: { memory: "64Mi" } } }] },
  },
  configMap: (name) => configMaps[name] as ConfigMap | undefined,
  secret: (name) => secrets[name] as Secret | undefined,
  token: (audience, seconds) => `token for ${audience} ${seconds}`,
  podIP: "",
  hostIP: "",
  nodeName: "knap",
  nodeCpus: 2,
  nodeMemoryBytes: 2 ** 30,
};
const files = (volume: Omit<Volume, "name">): unknown => {
  const content = renderVolumeFiles({ name: "v", ...volume }, sources);
  if (content === undefined || "error" in content) return content;
  return Object.fromEntries(
    content.files.map((file) => [file.path, [Buffer.from(file.content).toString(), file.mode]]),
  );
};

describe("the files of a volume", () => {
  test.each<[string, Omit<Volume, "name">, unknown]>([
    [
      "a whole ConfigMap",
      { configMap: { name: "one" } },
      { a: ["1", 0o644], same: ["first", 0o644], raw: ["bytes", 0o644] },
    ],
    [
      "items of a Secret with modes",
      { secret: { secretName: "two", items: [{ key: "k", path: "x/y", mode: 0o400 }], defaultMode: 0o600 } },
      { "x/y": ["v", 0o400] },
    ],
    ...["..", "../x", "a/../../x", "/etc/x", "..data", ""].map((path): [string, Omit<Volume, "name">, unknown] => [
      `no file outside of the volume: "${path}" (11 A10)`,
      { configMap: { name: "one", items: [{ key: "a", path }] } },
      { error: `path "${path}" must be relative and not contain or begin with ".."` },
    ]),
    ["a missing ConfigMap", { configMap: { name: "none" } }, { error: 'configmap "none" not found' }],
    ["a missing Secret", { secret: { secretName: "none" } }, { error: 'secret "none" not found' }],
    ["a missing optional one", { configMap: { name: "none", optional: true } }, {}],
    [
      "a missing key",
      { configMap: { name: "one", items: [{ key: "z", path: "z" }] } },
      { error: "references non-existent config key: z" },
    ],
    [
      "a missing key of an optional one",
      { configMap: { name: "one", optional: true, items: [{ key: "z", path: "z" }] } },
      {},
    ],
    [
      "fields and resources",
      {
        downwardAPI: {
          items: [
            { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
            { path: "memory", resourceFieldRef: { containerName: "c", resource: "limits.memory", divisor: "1Mi" } },
          ],
        },
      },
      { labels: ['a="x\\"y"\nb="2"', 0o644], memory: ["64", 0o644] },
    ],
    [
      "projected sources, the last one wins",
      {
        projected: {
          defaultMode: 0o444,
          sources: [
            { configMap: { name: "one" } },
            { secret: { name: "two", items: [{ key: "same", path: "same" }] } },
            { serviceAccountToken: { path: "token", audience: "me" } },
          ],
        },
      },
      { a: ["1", 0o444], same: ["second", 0o444], raw: ["bytes", 0o444], token: ["token for me 3600", 0o444] },
    ],
    ["an emptyDir has none", { emptyDir: {} }, undefined],
  ])("the files of a volume are correct: %s", (_, volume, expected) => {
    expect(files(volume)).toEqual(expected);
  });

  test("a volume whose files depend on the pod cannot be shared", () => {
    const field = (fieldPath: string): Volume => ({
      name: "v",
      downwardAPI: { items: [{ path: "x", fieldRef: { fieldPath } }] },
    });
    expect(["metadata.name", "metadata.uid", "status.podIP"].map((path) => isPodSpecific(field(path)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(["metadata.labels", "metadata.namespace"].map((path) => isPodSpecific(field(path)))).toEqual([false, false]);
    expect(
      volumeReferences({
        name: "v",
        projected: { sources: [{ secret: { name: "s" } }, { configMap: { name: "c" } }] },
      }),
    ).toEqual(["s", "c"]);
  });
});

describe("the layout of a volume", () => {
  const entries = async (tar: Readable): Promise<string[]> => {
    const found: string[] = [];
    const reader = extract();
    reader.on("entry", ({ name, type, linkname, mode, gid }, stream, next) => {
      found.push(`${name}${type === "symlink" ? ` -> ${linkname}` : ` ${(mode ?? 0).toString(8)} ${gid}`}`);
      stream.on("end", next).resume();
    });
    await new Promise((resolve, reject) => tar.pipe(reader).on("finish", resolve).on("error", reject));
    return found;
  };
  const file = (path: string, mode = 0o644) => ({ path, mode, content: Buffer.from("x") });

  test("a volume has a dated folder, one link per top entry, and the ..data link last", async () => {
    expect(await entries(makeVolumeTar([file("a"), file("d/e/f"), file("d/g")], "T", { fsGroup: undefined }))).toEqual([
      "..T/ 755 0",
      "..T/d/ 755 0",
      "..T/d/e/ 755 0",
      "..T/a 644 0",
      "..T/d/e/f 644 0",
      "..T/d/g 644 0",
      "a -> ..data/a",
      "d -> ..data/d",
      "..data -> ..T",
    ]);
  });

  test("the fsGroup owns the files of a volume and can read them", async () => {
    expect(await entries(makeVolumeTar([file("a", 0o400)], "T", { fsGroup: 7 }))).toContain("..T/a 440 7");
  });
});
