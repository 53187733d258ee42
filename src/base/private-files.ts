// Checks that folders and files belong to this user and that no other user can read or change them.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";

/** Windows has no owner ids and no file modes; every file counts as private there. */
const ownUid = (): number | undefined => process.getuid?.();

function belongsToUserAlone({ uid, mode }: Stats): boolean {
  const own = ownUid();
  return own === undefined || (uid === own && (mode & 0o077) === 0);
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Returns true if `path` is a folder of this user with mode 0700 or stricter, and not a symbolic link. */
export function isPrivateFolder(path: string): boolean {
  const stats = statsOf(path);
  return stats?.isDirectory() === true && belongsToUserAlone(stats);
}

/** Returns the content of a regular file of this user that no other user can read or write; undefined otherwise. */
export function readPrivateFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    // NOFOLLOW refuses a symbolic link; NONBLOCK does not wait for the writer of a named pipe.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    return stats.isFile() && belongsToUserAlone(stats) ? readFileSync(file, "utf8") : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Returns why another user could own or replace the folder `path`, which may not exist yet; undefined if no other user
 * can. Each parent folder must belong to root or to this user, and must have the sticky bit if other users may write to
 * it.
 */
export function whyNotOwn(path: string): string | undefined {
  const own = ownUid();
  if (own === undefined) return undefined;
  const stats = statsOf(path);
  if (stats !== undefined && !stats.isDirectory()) return `${path} is not a folder`;
  if (stats !== undefined && stats.uid !== own) return `${path} belongs to user id ${stats.uid}, not to ${own}`;
  for (let above = nearestFolder(dirname(path)); above !== undefined; above = parentOf(above)) {
    const { uid, gid, mode } = statSync(above);
    if (uid !== own && uid !== 0) return `${above} belongs to user id ${uid}`;
    if ((mode & 0o1000) !== 0) continue;
    if ((mode & 0o002) !== 0) return `every user may replace files in ${above}`;
    // Many systems give each user a group with the id of the user and without other members.
    if ((mode & 0o020) !== 0 && gid !== 0 && gid !== own) return `group ${gid} may replace files in ${above}`;
  }
  return undefined;
}

const parentOf = (path: string): string | undefined => (dirname(path) === path ? undefined : dirname(path));

/** Returns the real path of the nearest folder that exists. */
function nearestFolder(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    const parent = parentOf(path);
    return parent === undefined ? undefined : nearestFolder(parent);
  }
}
