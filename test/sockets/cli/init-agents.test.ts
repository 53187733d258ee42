import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KnapHome } from "../../support/knap.ts";

test("`knap init --agents` writes its block to AGENTS.md, keeps the user's text, and refuses a damaged block", async () => {
  using home = new KnapHome();
  const file = join(home.folder, "AGENTS.md");
  const agents = () => home.run(["init", "--agents"]);
  expect(await agents()).toMatchObject({ code: 0, stdout: "created AGENTS.md\n", stderr: "" });
  const block = readFileSync(file, "utf8");
  for (const command of ["up --detach", "wait ksvc/", "get ksvc NAME -o url", "explain NAME", "down"])
    expect(block).toContain(`knap ${command}`);
  expect((await agents()).stdout).toBe("unchanged AGENTS.md\n");

  writeFileSync(file, "# Mine\nBe kind.");
  expect((await agents()).stdout).toBe("updated AGENTS.md\n");
  expect(readFileSync(file, "utf8")).toBe(`# Mine\nBe kind.\n\n${block}`);
  writeFileSync(file, `# Mine\n\n${block.replace("| stop |", "| old |")}\n# After\n`);
  expect((await agents()).stdout).toBe("updated AGENTS.md\n");
  expect(readFileSync(file, "utf8")).toBe(`# Mine\n\n${block}\n# After\n`);

  const damaged = block.replace("<!-- knap: end -->", "");
  writeFileSync(file, damaged);
  expect(await agents()).toMatchObject({ code: 1, stderr: expect.stringContaining("only one of the two marks") });
  expect(readFileSync(file, "utf8")).toBe(damaged);
  expect(await home.run(["init", "shop", "--agents"])).toMatchObject({ code: 2 });
});
