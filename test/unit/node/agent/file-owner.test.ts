import { expect, test } from "vitest";
import { fileOwner } from "../../../../src/node/agent/file-owner.ts";

const FILES: Readonly<Record<string, string>> = {
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/app:/bin/sh\n",
  "/etc/group": "root:x:0:\nweb:x:2000:app\n",
};
const read: string[] = [];
const owner = async (user: string) => {
  read.length = 0;
  const readFile = async (path: string): Promise<string> => {
    read.push(path);
    return FILES[path] ?? "";
  };
  const found = await fileOwner({ user, read: readFile });
  return [found.uid, found.gid, read.length];
};

test.each([
  ["", [0, 0, 0]],
  ["root", [0, 0, 0]],
  ["0", [0, 0, 0]],
  ["5:6", [5, 6, 0]],
  ["5", [5, 0, 1]],
  ["1000", [1000, 1001, 1]],
  ["app", [1000, 1001, 1]],
  ["app:7", [1000, 7, 1]],
  ["app:web", [1000, 2000, 2]],
  ["nobody", [0, 0, 1]],
])("the user %j has the uid, the gid and the number of read files %j", async (user, expected) => {
  expect(await owner(user)).toEqual(expected);
});
