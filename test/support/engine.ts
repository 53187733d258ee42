// Opens the Docker runtime for tests, makes images without a registry, and finds what a test left behind.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { pack } from "tar-stream";
import { sha256Hex } from "../../src/base/hash.ts";
import { openDockerRuntime } from "../../src/node/runtime/docker/docker-runtime.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";

/** The test app's script, for process tests. */
export const testAppPath = new URL("./test-app.mjs", import.meta.url).pathname;

/** The label of this test run. It separates parallel test runs on one engine. */
export function testLabel(): { readonly labels: Readonly<Record<string, string>>; readonly filter: string } {
  const id = randomUUID().slice(0, 8);
  return { labels: { "knap.dev/test": id }, filter: `knap.dev/test=${id}` };
}

/** Opens the default engine; throws the runtime's error if none answers. */
export function openTestEngine(options: Parameters<typeof openDockerRuntime>[0] = {}): Promise<ContainerRuntime> {
  return openDockerRuntime(options);
}

/**
 * Makes an image with this machine's Node and a shell, for `FROM` (`NODE_IMAGE` of the examples). Made once per engine.
 */
export async function nodeImage(runtime: ContainerRuntime): Promise<string> {
  const tag = `knap-test/node:${process.version.slice(1)}`;
  return ensure(runtime, tag, [], ["/usr/local/bin/node"]);
}

/** Makes the test app's image (port 8080 or PORT, see test-app.mjs). Made once per engine and version of the app. */
export function testImage(runtime: ContainerRuntime): Promise<string> {
  return appImage(runtime, "app", { hasShell: true });
}

/** Makes an image with the test app and without a shell or any other command. */
export function shellFreeImage(runtime: ContainerRuntime): Promise<string> {
  return appImage(runtime, "bare", { hasShell: false });
}

async function appImage(
  runtime: ContainerRuntime,
  name: string,
  { hasShell }: { readonly hasShell: boolean },
): Promise<string> {
  const app = readFileSync(testAppPath);
  const tag = `knap-test/${name}:${process.version.slice(1)}-${sha256Hex(app).slice(0, 12)}`;
  return ensure(
    runtime,
    tag,
    [{ name: "app/test-app.mjs", content: app, mode: 0o644 }],
    ["/usr/local/bin/node", "/app/test-app.mjs"],
    hasShell,
  );
}

interface Entry {
  readonly name: string;
  readonly content?: Buffer;
  readonly mode: number;
  readonly linkname?: string;
}

async function ensure(
  runtime: ContainerRuntime,
  tag: string,
  more: readonly Entry[],
  cmd: readonly string[],
  hasShell = true,
): Promise<string> {
  if ((await runtime.images.inspect(tag)) === undefined) {
    const tar = pack();
    for (const { name, content, mode, linkname } of [...nodeRoot(hasShell), ...more]) {
      if (linkname !== undefined) tar.entry({ name, mode, type: "symlink", linkname });
      else if (content === undefined) tar.entry({ name, mode, type: "directory" });
      else tar.entry({ name, mode }, content);
    }
    tar.finalize();
    await runtime.images.import(tar as never, tag, { cmd, labels: { "knap.dev/test-image": "true" } });
  }
  return tag;
}

/** Files of the image: Node with its shared libraries, busybox as a shell, and standard folders. */
function nodeRoot(hasShell: boolean): readonly Entry[] {
  const busybox = hasShell ? ["/usr/bin/busybox", "/bin/busybox"].find((path) => existsSync(path)) : undefined;
  const programs = [process.execPath, ...(busybox ? [busybox] : [])];
  const libraries = new Set(programs.flatMap(librariesOf));
  const applets = [
    "sh",
    "cat",
    "ls",
    "sleep",
    "echo",
    "true",
    "false",
    "test",
    "touch",
    "id",
    "wget",
    "nslookup",
    "head",
  ];
  return [
    { name: "tmp/", mode: 0o1777 },
    { name: "app/", mode: 0o755 },
    { name: "bin/", mode: 0o755 },
    { name: "etc/passwd", mode: 0o644, content: Buffer.from("root:x:0:0:root:/root:/bin/sh\n") },
    { name: "etc/group", mode: 0o644, content: Buffer.from("root:x:0:\n") },
    { name: "usr/local/bin/node", mode: 0o755, content: readFileSync(process.execPath) },
    ...[...libraries].map((path) => ({ name: path.slice(1), mode: 0o755, content: readFileSync(realpathSync(path)) })),
    ...(busybox ? [{ name: "bin/busybox", mode: 0o755, content: readFileSync(busybox) }] : []),
    ...(busybox ? applets.map((name) => ({ name: `bin/${name}`, mode: 0o777, linkname: "busybox" })) : []),
  ];
}

/** Returns the paths of the shared libraries that a program needs. */
export function librariesOf(program: string): string[] {
  try {
    const text = execFileSync("ldd", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return [...text.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] as string);
  } catch {
    // A static program has no shared libraries.
    return [];
  }
}

/** Lists the containers, networks and volumes with this label. A test's last check expects none. */
export async function leftovers(runtime: ContainerRuntime, filter: string): Promise<string[]> {
  const [containers, networks, volumes] = await Promise.all([
    runtime.list(filter),
    runtime.networks.list(filter),
    runtime.volumes.list(filter),
  ]);
  return [
    ...containers.map((one) => `container ${one.name}`),
    ...networks.map((one) => `network ${one.name}`),
    ...volumes.map((one) => `volume ${one.name}`),
  ];
}

/** Removes the images that sessions of a home built. */
export async function removeBuilds(runtime: ContainerRuntime, { hostId }: { readonly hostId: string }): Promise<void> {
  for (const { tags } of await runtime.images.list({ label: `knap.dev/host=${hostId}` })) {
    for (const tag of tags) await runtime.images.remove(tag);
  }
}
