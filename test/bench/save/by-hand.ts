// What a person would do by hand after a save, with the engine or with a process: the reference of the benchmark.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pack } from "tar-stream";
import { packContext } from "../../../src/node/image/build-context.ts";
import type { ContainerRuntime } from "../../../src/node/runtime/runtime.ts";
import { freePort } from "../../support/free-port.ts";
import { type SavedFile, savedFiles, startCommand } from "./project.ts";

const PORT = 8080;
const TAG = "knap-test/save:by-hand";

export interface ByHand {
  /** Brings the saved file into the running app. Resolves when the last command has returned. */
  update(file: SavedFile): Promise<void>;
  /** Where the app answers now. */
  url(): Promise<string>;
  close(): Promise<void>;
}

/** One container: `docker cp`, `docker cp` and `docker restart`, or `docker build` and a new container. */
export async function openContainer(
  runtime: ContainerRuntime,
  folder: string,
  labels: Readonly<Record<string, string>>,
): Promise<ByHand> {
  let id = "";
  let image = "";
  const replace = async (): Promise<void> => {
    const { stream, dockerfile } = packContext(folder, "Dockerfile");
    const built = await runtime.images.build({ context: stream, dockerfile, tag: TAG, labels });
    if (id !== "") await runtime.remove(id);
    if (image !== "" && image !== built.id) await runtime.images.remove(image);
    image = built.id;
    id = await runtime.create({ name: "knap-by-hand", image: TAG, env: [["PORT", `${PORT}`]], labels, ports: [PORT] });
    await runtime.start(id);
  };
  await replace();
  return {
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
    },
  };
}

/** One process, ended and started again. */
export async function openProcess(folder: string): Promise<ByHand> {
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
    async update() {
      await end();
      child = start();
    },
    url: async () => `http://127.0.0.1:${port}`,
    close: end,
  };
}
