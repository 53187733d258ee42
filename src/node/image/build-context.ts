// A build context as a tar stream: .dockerignore applied, owners and times levelled so that the same files are the same build everywhere. Reads files, writes none.
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import dockerignore from "@balena/dockerignore";
import { pack } from "tar-fs";

/** Where a Dockerfile from outside the context lies inside the tar. */
const FOREIGN_DOCKERFILE = ".knap.Dockerfile";

export interface BuildContext {
  readonly stream: Readable;
  /** The Dockerfile's path inside the context. */
  readonly dockerfile: string;
}

/** Packs `folder`; `dockerfile` is relative to it or absolute. A Dockerfile's own `<name>.dockerignore` wins over the folder's. */
export function packContext(folder: string, dockerfile: string): BuildContext {
  const path = isAbsolute(dockerfile) ? dockerfile : resolve(folder, dockerfile);
  const inside = relative(folder, path);
  const foreign = inside.startsWith("..") || isAbsolute(inside);
  const name = foreign ? FOREIGN_DOCKERFILE : toSlashes(inside);
  const ignored = ignoring(folder, path, name);
  const stream = pack(folder, {
    ignore: ignored,
    map: (header) => ({ ...header, uid: 0, gid: 0, mtime: new Date(0) }),
    ...(foreign && {
      finalize: false,
      finish: (tar) => {
        tar.entry({ name, mtime: new Date(0), uid: 0, gid: 0, mode: 0o644 }, readFileSync(path));
        tar.finalize();
      },
    }),
  });
  return { stream: stream as unknown as Readable, dockerfile: name };
}

/** Which paths of a folder a build does not see; for whoever watches the folder. */
export function contextIgnores(folder: string, dockerfile: string): (path: string) => boolean {
  const path = isAbsolute(dockerfile) ? dockerfile : resolve(folder, dockerfile);
  return ignoring(folder, path, toSlashes(relative(folder, path)));
}

function ignoring(folder: string, dockerfile: string, name: string): (path: string) => boolean {
  const own = `${dockerfile}.dockerignore`;
  const file = existsSync(own) ? own : join(folder, ".dockerignore");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const rules = dockerignore.default({ ignorecase: false }).add(text);
  const excepts = /^\s*!/m.test(text);
  const kept = new Set([name, ".dockerignore", basename(own)]);
  return (path) => {
    const inside = toSlashes(relative(folder, isAbsolute(path) ? path : join(folder, path)));
    if (inside === "" || kept.has(inside) || !rules.ignores(inside)) return false;
    // An exception may lie below an ignored folder, and the Dockerfile too: such a folder is walked.
    return !((excepts || name.startsWith(`${inside}/`)) && isFolder(join(folder, inside)));
  };
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function toSlashes(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}
