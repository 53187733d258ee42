// Makes images for one test: one based on the test app's image, which the test can delete, and one for another
// architecture.
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { pack } from "tar-stream";
import { sha256Hex } from "../../src/base/hash.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { testImage } from "./engine.ts";

export interface OwnImage {
  readonly tag: string;
  build(): Promise<void>;
  /** Removes the image, not only its tag. */
  remove(): Promise<void>;
}

export async function buildOwnImage(runtime: ContainerRuntime): Promise<OwnImage> {
  const tag = `knap-test/own:${randomBytes(4).toString("hex")}`;
  const base = await testImage(runtime);
  let id = "";
  const build = async (): Promise<void> => {
    const context = pack();
    context.entry({ name: "Dockerfile" }, `FROM ${base}\nENV OWN=${tag}\n`);
    context.finalize();
    id = (await runtime.images.build({ context: context as never, dockerfile: "Dockerfile", tag, labels: {} })).id;
  };
  const remove = async (): Promise<void> => {
    await runtime.images.remove(tag);
    if ((await runtime.images.inspect(id)) !== undefined) await runtime.images.remove(id);
  };
  await build();
  return { tag, build, remove };
}

/** An ELF header with e_machine of 64-bit ARM, which no other architecture starts. */
const ARM_PROGRAM = Buffer.concat([
  Buffer.from("7f454c460201010000000000000000000200b70001000000", "hex"),
  Buffer.alloc(104),
]);

/** Makes an image for linux/arm64 and returns its tag. */
export async function loadForeignImage(): Promise<string> {
  const tag = `knap-test/foreign:${randomBytes(4).toString("hex")}`;
  const layer = await tarOf({ app: ARM_PROGRAM });
  const config = Buffer.from(
    JSON.stringify({
      architecture: "arm64",
      os: "linux",
      config: { Cmd: ["/app"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256Hex(layer)}`] },
    }),
  );
  const manifest = [{ Config: "config.json", RepoTags: [tag], Layers: ["layer.tar"] }];
  const image = await tarOf({
    "layer.tar": layer,
    "config.json": config,
    "manifest.json": Buffer.from(JSON.stringify(manifest)),
  });
  await load(image);
  return tag;
}

async function tarOf(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o755 }, content);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function load(image: Buffer): Promise<void> {
  const socketPath = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method: "POST", path: "/images/load?quiet=1" }, (reply) => {
      const refused = new Error(`the engine loads no image: ${reply.statusCode}`);
      reply.resume().on("end", () => (reply.statusCode === 200 ? resolve() : reject(refused)));
    });
    outgoing.on("error", reject);
    outgoing.end(image);
  });
}
