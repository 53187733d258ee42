// What a person would do by hand after a save, with the engine or a process: the reference of the benchmark. It has a
// copy of the project, so that neither side uses the layers that the other has just built.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "tar-stream";
import { packContext } from "../../../src/node/image/build-context.ts";
import type { ContainerRuntime } from "../../../src/node/runtime/runtime.ts";
import { freePort } from "../../support/free-port.ts";
import { type SavedFile, savedFiles, startCommand, writeProject } from "./project.ts";

const PORT = 8080;
const TAG = "knap-test/save:by-hand";

export interface ByHand {
  readonly folder: string;
  /** Brings the saved file into the running app. Resolves when the last command has returned. */
  update(file: SavedFile): Promise<void>;
  /** Where the app answers now. */
  url(): Promise<string>;
  close(): Promise<void>;
}

/**
 * One container: `docker cp`, `docker cp` and `docker restart`, or `docker build` and a new container. It has a network
 * of its own, as compose makes one: a start there takes longer than on the engine's default network.
 */
export async function openContainer(
  runtime: ContainerRuntime,
  base: string,
  labels: Readonly<Record<string, string>>,
): Promise<ByHand> {
  const folder = openFolder(base);
  const network = await runtime.networks.open({ name: "knap-by-hand", labels });
  let id = "";
  let image = "";
  const replace = async (): Promise<void> => {
    const { stream, dockerfile } = packContext(folder, "Dockerfile");
    const built = await runtime.images.build({ context: stream, dockerfile, tag: TAG, labels });
    if (id !== "") await runtime.remove(id);
    if (image !== "" && image !== built.id) await runtime.images.remove(image);
    image = built.id;
    id = await runtime.create({
      name: "knap-by-hand",
      image: TAG,
      env: [["PORT", `${PORT}`]],
      labels,
      ports: [PORT],
      network,
    });
    await runtime.start(id);
  };
  await replace();
  return {
    folder,
    async update(file) {
      if (file === "built") return replace();
      const tar = pack();
      tar.entry({ name: `app/${savedFiles[file]}` }, readFileSync(join(folder, savedFiles[file])));
      tar.finalize();
      await runtime.putArchive(id, "/", tar as never);
      if (file !== "source") return;
      const ended = runtime.wait(id);
      await runtime.kill(id, "SIGTERM");
      await ended;
      await runtime.start(id);
    },
    async url() {
      const address = (await runtime.inspect(id))?.addresses[PORT];
      return `http://${address?.host}:${address?.port}`;
    },
    async close() {
      await runtime.remove(id);
      await runtime.images.remove(TAG);
      await runtime.networks.close(network.id);
      rmSync(folder, { recursive: true });
    },
  };
}

/** One process, ended and started again. */
export async function openProcess(base: string): Promise<ByHand> {
  const folder = openFolder(base);
  const port = await freePort();
  const [program, ...args] = startCommand;
  const start = (): ChildProcess =>
    spawn(program, args, { cwd: folder, env: { ...process.env, PORT: `${port}` }, stdio: "ignore" });
  let child = start();
  const end = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  };
  return {
    folder,
    async update() {
      await end();
      child = start();
    },
    url: async () => `http://127.0.0.1:${port}`,
    async close() {
      await end();
      rmSync(folder, { recursive: true });
    },
  };
}

function openFolder(base: string): string {
  const folder = mkdtempSync(join(tmpdir(), "knap-by-hand-"));
  writeProject(folder, base);
  return folder;
}
