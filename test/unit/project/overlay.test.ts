// Tests the options of the test library: which are accepted, and what they change in a project.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Secret } from "../../../src/apis/core/types.ts";
import type { Service } from "../../../src/apis/serving/types.ts";
import { overlayOptions, readOverlay } from "../../../src/project/overlay.ts";
import type { HarnessOptions } from "../../../src/testing/options.ts";
import { serviceText, TestProject } from "../../support/project.ts";

let project: TestProject;
beforeEach(() => {
  project = new TestProject();
});
afterEach(() => project[Symbol.dispose]());

const load = (options: object, isPartial = false) => {
  const read = readOverlay(options, project.folder);
  if (!read.ok) throw new Error(read.error);
  return project.load(read.value.files, { overlay: { ...read.value.overlay, isPartial } });
};
const refusal = (options: object): string => {
  const read = readOverlay(options, "/work");
  return read.ok ? "accepted" : read.error;
};
const imageOf = ({ objects }: { readonly objects: readonly object[] }): unknown =>
  (objects.find((object) => "kind" in object && object.kind === "Service") as Service).spec.template.spec
    ?.containers?.[0]?.image;

describe("the options of the test library", () => {
  test("the types name the same options as the check", () => {
    const own = ["cwd", "env", "verbose"];
    const typed: Required<Record<keyof HarnessOptions, true>> = {
      cwd: true,
      files: true,
      images: true,
      secrets: true,
      config: true,
      services: true,
      clock: true,
      runtime: true,
      namespace: true,
      timeout: true,
      maxPods: true,
      stopTimeout: true,
      drain: true,
      wake: true,
      containerAddress: true,
      validate: true,
      traffic: true,
      address: true,
      maxConnections: true,
      maxHeaderBytes: true,
      headerTimeout: true,
      keepAliveTimeout: true,
      env: true,
      verbose: true,
    };
    expect(Object.keys(typed).sort()).toEqual([...overlayOptions, ...own].sort());
  });

  test("unknown options and wrong values are refused with the options that exist", () => {
    expect(refusal({ runtim: "process" })).toBe('unknown field "runtim"; did you mean "runtime"?');
    expect(refusal({ port: 8080 })).toMatch(/^unknown field "port"; the options are .*files.*images/);
    expect(refusal({ clock: "fast" })).toMatch(/^clock: expected real or virtual/);
    expect(refusal({ stopTimeout: "soon" })).toMatch(/^stopTimeout: /);
    expect(refusal({ images: { a: { bild: "." } } })).toMatch(/images\.a.*bild/);
    expect(refusal({ timeout: 1000, stopTimeout: "2s", maxPods: 3 })).toBe("accepted");
  });

  test("an image is replaced whatever its tag, and an image of no container is an error that lists the images", async () => {
    project.write({
      "service.yaml": serviceText("hello", "", `registry:5000/acme/hello:v1@sha256:${"ab".repeat(32)}`),
    });
    expect(imageOf(await load({ images: { "registry:5000/acme/hello": "local/hello:dev" } }))).toBe("local/hello:dev");
    const { findings } = await load({ images: { "acme/other": "x" } });
    expect(findings).toMatchObject([
      {
        severity: "error",
        message: 'no container has the image "acme/other"',
        fix: expect.stringContaining("registry:5000/acme/hello:v1"),
      },
    ]);
    expect((await load({ images: { "acme/other": "x" } }, true)).findings).toEqual([]);
  });

  test("an image with a build is built from the folder relative to the project", async () => {
    project.write({
      "service.yaml": serviceText("hello", "", "acme/hello"),
      "app/Dockerfile": 'FROM scratch\nCMD ["/app"]\n',
    });
    const { services } = await load({ images: { "acme/hello": { build: "./app" } } });
    expect(services[0]?.build).toMatchObject({ context: join(project.folder, "app") });
  });

  test("secrets and config come before those of files and knap.yaml", async () => {
    const secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: db }\nstringData: { url: production }\n";
    project.write({
      "service.yaml": `${serviceText("hello")}---\n${secret}`,
      "knap.yaml": "config: { autoscaler: { stable-window: 60s, max-scale: 3 } }\n",
    });
    const loaded = await load({ secrets: { db: { url: "test" } }, config: { autoscaler: { "stable-window": "6s" } } });
    const secrets = loaded.objects.filter((object): object is Secret => object.kind === "Secret");
    expect(secrets.map(({ data }) => data)).toEqual([{ url: Buffer.from("test").toString("base64") }]);
    expect(loaded.configMaps.get("config-autoscaler")).toEqual({ "stable-window": "6s", "max-scale": "3" });
  });
});
