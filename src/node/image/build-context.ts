// Packs a build context as a tar stream without the files that .dockerignore excludes. Owners and times are 0, so that
// equal files give equal builds.
import fs, { existsSync, lstatSync, readFileSync, type Stats } from "node:fs";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import dockerignore from "@balena/dockerignore";
import { pack } from "tar-fs";
import { errorText } from "../../base/errors.ts";
import { BuildError } from "../runtime/build-error.ts";

/** The path in the tar of a Dockerfile that is no file of the context. */
const OUTSIDE_DOCKERFILE = ".knap.Dockerfile";

export interface BuildContext {
  readonly stream: Readable;
  /** The Dockerfile's path inside the context. */
  readonly dockerfile: string;
}

/**
 * Packs the context. `dockerfile` is absolute or relative to `folder`. A file `<dockerfile>.dockerignore` replaces
 * `.dockerignore`. `inline` is the text of the Dockerfile if it is in no file. Throws a {@link BuildError} if the
 * Dockerfile is outside of the context and cannot be read.
 */
export function packContext(folder: string, dockerfile: string, inline?: string): BuildContext {
  const path = isAbsolute(dockerfile) ? dockerfile : resolve(folder, dockerfile);
  const inside = relative(folder, path);
  const isOutside = inline !== undefined || inside.startsWith("..") || isAbsolute(inside);
  const name = isOutside ? OUTSIDE_DOCKERFILE : toSlashes(inside);
  const ignored = makeIgnore(folder, path, name);
  const outside = isOutside ? (inline ?? readDockerfile(path)) : "";
  const stream = pack(folder, {
    ...omitGone(folder),
    ignore: ignored,
    map: (header) => ({ ...header, uid: 0, gid: 0, mtime: new Date(0) }),
    ...(isOutside && {
      finalize: false,
      finish: (tar) => {
        tar.entry({ name, mtime: new Date(0), uid: 0, gid: 0, mode: 0o644 }, outside);
        tar.finalize();
      },
    }),
  });
  return { stream: stream as unknown as Readable, dockerfile: name };
}

function readDockerfile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const message = `the Dockerfile cannot be read: ${errorText(error)}`;
    throw new BuildError("failed", message, { setting: "dockerfile", cause: error });
  }
}

/** Returns a function that says whether a build ignores a path of the folder. */
export function contextIgnores(folder: string, dockerfile: string): (path: string) => boolean {
  const path = isAbsolute(dockerfile) ? dockerfile : resolve(folder, dockerfile);
  return makeIgnore(folder, path, toSlashes(relative(folder, path)));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    // Node's message about a folder does not name it.
    throw new Error(`${file} cannot be read: ${errorText(error)}`, { cause: error });
  }
}

function makeIgnore(folder: string, dockerfile: string, name: string): (path: string) => boolean {
  const own = `${dockerfile}.dockerignore`;
  const file = existsSync(own) ? own : join(folder, ".dockerignore");
  const text = existsSync(file) ? readText(file) : "";
  const rules = dockerignore.default({ ignorecase: false }).add(text);
  const excepts = /^\s*!/m.test(text);
  const kept = new Set([name, ".dockerignore", basename(own)]);
  return (path) => {
    const inside = toSlashes(relative(folder, isAbsolute(path) ? path : join(folder, path)));
    if (inside === "" || kept.has(inside) || !rules.ignores(inside)) return false;
    // An ignored folder is still read if it may contain an exception (`!path`) or the Dockerfile.
    return !((excepts || name.startsWith(`${inside}/`)) && isFolder(join(folder, inside)));
  };
}

/**
 * Returns the option `fs` of tar-fs, which its types lack. Programs such as git create and delete files at any time.
 * tar-fs fails if a listed file does not exist any more, but it omits sockets.
 */
function omitGone(folder: string): object {
  const gone = { isDirectory: () => false, isSocket: () => true };
  const isGone = (error: NodeJS.ErrnoException | null, path: string): boolean =>
    error?.code === "ENOENT" && resolve(path) !== resolve(folder);
  const lstat = (path: string, done: (error: Error | null, found: Stats | typeof gone) => void): void =>
    fs.lstat(path, (error, stats) => (isGone(error, path) ? done(null, gone) : done(error, stats)));
  const readdir = (path: string, done: (error: Error | null, names: string[]) => void): void =>
    fs.readdir(path, (error, names) => (isGone(error, path) ? done(null, []) : done(error, names)));
  return { fs: { ...fs, lstat, readdir } };
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

function toSlashes(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}
