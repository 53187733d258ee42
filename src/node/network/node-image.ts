// Provides an image with Node for knap's own containers. If the engine runs the same system, the image is made of this
// process's Node and its libraries; else a public image is used.
import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import type { ContainerRuntime, RuntimeInfo } from "../runtime/runtime.ts";

/** The path of Node in both images. */
export const NODE_IN_IMAGE = "/usr/local/bin/node";
const PUBLIC_IMAGE = "node:22-slim";

/** Makes sure that the image is on the engine, and returns its name. Rejects with the runtime's error. */
export async function ensureNodeImage(runtime: ContainerRuntime, info: RuntimeInfo): Promise<string> {
  const own = isThisSystem(info) ? await ensureOwnImage(runtime, info) : undefined;
  if (own !== undefined) return own;
  if (!(await runtime.images.inspect(PUBLIC_IMAGE))) await runtime.images.pull(PUBLIC_IMAGE, {});
  return PUBLIC_IMAGE;
}

function isThisSystem({ os, architecture }: RuntimeInfo): boolean {
  const names: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
  return process.platform === "linux" && os === "linux" && architecture === (names[process.arch] ?? process.arch);
}

/** Returns undefined if the libraries that Node needs are unknown. */
async function ensureOwnImage(runtime: ContainerRuntime, { architecture }: RuntimeInfo): Promise<string | undefined> {
  const tag = `knap.dev/node:${process.versions.node}-${architecture}`;
  if (await runtime.images.inspect(tag)) return tag;
  const libraries = await librariesOf(process.execPath);
  if (libraries === undefined) return undefined;
  const tar = pack();
  const config = { cmd: [NODE_IN_IMAGE], labels: { "knap.dev/image": "node" } };
  const imported = runtime.images.import(tar as unknown as Readable, tag, config);
  // Without its end, the engine would wait for the rest of the tar.
  const filled = fill(tar, libraries).catch((error: Error) => tar.destroy(error));
  await Promise.all([filled, imported]);
  return tag;
}

async function fill(tar: Pack, libraries: readonly string[]): Promise<void> {
  tar.entry({ name: "tmp/", type: "directory", mode: 0o1777 });
  await addFile(tar, NODE_IN_IMAGE, process.execPath);
  for (const library of libraries) await addFile(tar, library, library);
  tar.finalize();
}

async function addFile(tar: Pack, name: string, path: string): Promise<void> {
  const file = await realpath(path);
  const { size } = await stat(file);
  const entry = tar.entry({ name: name.slice(1), mode: 0o755, size });
  await pipeline(createReadStream(file), entry as unknown as NodeJS.WritableStream);
}

/** Returns the paths of the program's libraries and loader; [] for a static program, undefined if they are unknown. */
function librariesOf(program: string): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    execFile("ldd", [program], (error, stdout, stderr) => {
      const found = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
      const isStatic = /not a dynamic executable|statically linked/.test(stdout + stderr);
      resolve(found.length > 0 || isStatic ? found : error ? undefined : found);
    });
  });
}
