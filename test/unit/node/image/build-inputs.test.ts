import { expect, test } from "vitest";
import { findAgents, maskOf, readBuildSecrets } from "../../../../src/node/image/build-inputs.ts";

test("the lines of a secret are masked in output, but not its short lines", () => {
  const mask = maskOf([
    { id: "a", content: Buffer.from("-----BEGIN KEY-----\nabcdefgh12345\nxy\n") },
    { id: "b", content: Buffer.from("abcdefgh") },
    { id: "c", content: Buffer.from("") },
  ]);
  expect(mask("got abcdefgh12345 and abcdefgh, xy")).toBe("got *** and ***, xy");
  expect(mask("nothing here")).toBe("nothing here");
});

test("a secret can come from a variable, even an empty one, but not from a missing one", async () => {
  expect(await readBuildSecrets([{ id: "a", environment: "A" }], { A: "" })).toEqual([
    { id: "a", content: Buffer.alloc(0) },
  ]);
  await expect(readBuildSecrets([{ id: "a", environment: "B" }], {})).rejects.toMatchObject({
    setting: "secrets",
    message: expect.stringContaining("B, which is not set"),
  });
  await expect(readBuildSecrets([{ id: "a", environment: "A" }], { A: "x".repeat(600 * 1024) })).rejects.toThrow(
    "500 KiB",
  );
});

test("without SSH_AUTH_SOCK, the agent of the user is missing", async () => {
  await expect(findAgents([{ id: "default" }], {})).rejects.toMatchObject({
    setting: "ssh",
    message: expect.stringContaining("start an ssh-agent"),
  });
});
