// Finds the numeric ids of a container's user, because the engine's archives have numbers only.
import type { FileReceiver } from "../kubelet/overlay-port.ts";

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

const ROOT: FileOwner = { uid: 0, gid: 0 };

/** Reads /etc/passwd and /etc/group of the container if the user needs them. An unknown name means root. */
export async function fileOwner({ user, read }: FileReceiver): Promise<FileOwner> {
  const [name = "", group = ""] = user.split(":");
  if (["", "0", "root"].includes(name) && group === "") return ROOT;
  if (isNumber(name) && isNumber(group)) return { uid: Number(name), gid: Number(group) };
  const entry = rows(await read("/etc/passwd")).find(([login, , uid]) => (isNumber(name) ? uid : login) === name);
  const uid = Number(isNumber(name) ? name : (entry?.[2] ?? 0));
  if (group === "" || isNumber(group)) return { uid, gid: Number(group || (entry?.[3] ?? 0)) };
  const found = rows(await read("/etc/group")).find(([label]) => label === group);
  return { uid, gid: Number(found?.[2] ?? 0) };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** Splits the lines of /etc/passwd and /etc/group, which have the same form. */
function rows(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}
