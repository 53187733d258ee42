// Serves a read-only registry on loopback with one image: a program that waits, and a file of a given size.
import { randomBytes } from "node:crypto";
import { createServer, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pack } from "tar-stream";
import { sha256Hex } from "../../src/base/hash.ts";
import { makePauseProgram } from "../../src/node/kubelet/pause-image.ts";

export interface OneImageRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>/team/app:1` */
  readonly reference: string;
}

/** Serves an image for this machine whose only layer has the given number of incompressible bytes. */
export async function openOneImageRegistry(bytes: number): Promise<OneImageRegistry> {
  const layer = await makeLayer(bytes);
  const config = Buffer.from(
    JSON.stringify({
      architecture: ARCHITECTURE,
      os: "linux",
      config: { Cmd: ["/app"] },
      rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: part("application/vnd.docker.container.image.v1+json", config),
      layers: [part("application/vnd.docker.image.rootfs.diff.tar", layer)],
    }),
  );
  const blobs = new Map([layer, config].map((blob) => [`/v2/team/app/blobs/${digestOf(blob)}`, blob]));
  const server = createServer(({ url = "" }, reply) => {
    const blob = blobs.get(url);
    if (url === "/v2/") reply.end("{}");
    else if (url.startsWith("/v2/team/app/manifests/"))
      send(reply, manifest, { "content-type": MANIFEST, "docker-content-digest": digestOf(manifest) });
    else if (blob) send(reply, blob);
    else reply.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    reference: `127.0.0.1:${(server.address() as AddressInfo).port}/team/app:1`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
/** HEAD requests get only the headers. */
function send(reply: ServerResponse, content: Buffer, headers: OutgoingHttpHeaders = {}): void {
  reply.writeHead(200, { ...headers, "content-length": content.length }).end(content);
}

const digestOf = (content: Buffer): string => `sha256:${sha256Hex(content)}`;
const part = (mediaType: string, content: Buffer) => ({
  mediaType,
  size: content.length,
  digest: digestOf(content),
});

async function makeLayer(bytes: number): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: "app", mode: 0o755 }, makePauseProgram(ARCHITECTURE));
  tar.entry({ name: "ballast", mode: 0o644 }, randomBytes(bytes));
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const chunk of tar) parts.push(chunk as Buffer);
  return Buffer.concat(parts);
}
