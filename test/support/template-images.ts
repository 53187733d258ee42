// Makes base images for the Dockerfiles of the templates, with this machine's Node and Python and without a registry.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pack } from "tar-fs";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { librariesOf, nodeImage } from "./engine.ts";
import { serverCommands } from "./template-projects.ts";

const modules = new URL("../../node_modules/", import.meta.url).pathname;
/** `npm install` of these images copies the packages that they contain. */
const NPM = "#!/bin/sh\nexec busybox cp -r /opt/node_modules .\n";
const PIP = "#!/bin/sh\nexec test -f requirements.txt\n";

/** Debian's Python. `python3` of the PATH may be a script that selects a version. */
export const PYTHON = "/usr/bin/python3";

/** The build arguments of the templates' Dockerfiles that name a base image which can be made here. */
export type BaseImages = Readonly<Record<"NODE_IMAGE" | "PYTHON_IMAGE", string>>;

/** Makes an image for each argument. Without Debian's Python the image for Python cannot build the template. */
export async function makeBaseImages(runtime: ContainerRuntime): Promise<BaseImages> {
  const base = await nodeImage(runtime);
  const make = async (name: string, fill: (root: string) => void, settings = ""): Promise<string> => {
    const stage = mkdtempSync(join(tmpdir(), "knap-base-"));
    const tag = `knap-test/${name}:${stage.slice(-6).toLowerCase()}`;
    try {
      fill(join(stage, "root"));
      writeFileSync(join(stage, "Dockerfile"), `FROM ${base}\nCOPY root /\n${settings}`);
      await runtime.images.build({ context: pack(stage) as never, dockerfile: "Dockerfile", tag, labels: {} });
    } finally {
      rmSync(stage, { recursive: true });
    }
    return tag;
  };
  const [node, python] = await Promise.all([
    make("node-base", addPackages, `ENV NODE_OPTIONS=${typeOptions()}\n`),
    make("python-base", addPython),
  ]);
  return { NODE_IMAGE: node, PYTHON_IMAGE: python };
}

/** The options of Node that let it run TypeScript, with the path of tsx in the image. */
const typeOptions = (): string =>
  serverCommands.typescript.slice(1, -1).join(" ").replace(modules, "/opt/node_modules/") || '""';

function addScript(root: string, name: string, text: string): void {
  const path = join(root, "usr/local/bin", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
}

function addPackages(root: string): void {
  addScript(root, "npm", NPM);
  for (const name of ["ws", "tsx", "esbuild", "@esbuild"]) {
    cpSync(join(modules, name), join(root, "opt/node_modules", name), { recursive: true });
  }
}

/** Adds Debian's Python with its standard library. */
function addPython(root: string): void {
  addScript(root, "pip", PIP);
  if (!existsSync(PYTHON)) return;
  const [library = ""] = execFileSync(PYTHON, ["-c", "import os; print(os.path.dirname(os.__file__))"], {
    encoding: "utf8",
  }).split("\n");
  const isNeeded = (path: string): boolean => !/\/(?:__pycache__|test|idlelib|lib2to3|config-[^/]*)$/.test(path);
  cpSync(library, join(root, library), { recursive: true, filter: isNeeded });
  for (const file of [PYTHON, ...librariesOf(PYTHON)]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(realpathSync(file), join(root, file));
  }
}
