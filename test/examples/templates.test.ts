// Builds the projects of `knap init` with the engine and runs their own tests. As processes:
// test/sockets/cli/templates.test.ts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TemplateName, templateNames } from "../../src/cli/templates.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine } from "../support/engine.ts";
import { KnapHome } from "../support/knap.ts";
import { type BaseImages, makeBaseImages, PYTHON } from "../support/template-images.ts";
import { makeTemplateProject, testCommand } from "../support/template-projects.ts";

let home: KnapHome;
let engine: ContainerRuntime;
let bases: BaseImages;
beforeAll(async () => {
  home = new KnapHome();
  engine = await openTestEngine();
  bases = await makeBaseImages(engine);
});
afterAll(async () => {
  for (const image of Object.values(bases)) await engine.images.remove(image);
  await engine.close();
  home[Symbol.dispose]();
});

/** Why a template's image cannot be built here. */
const obstacles: Partial<Record<TemplateName, string | false>> = {
  go: "needs an image with Go's compiler",
  python: !existsSync(PYTHON) && `needs ${PYTHON}`,
};

for (const template of templateNames) {
  const obstacle = obstacles[template] || undefined;
  const title = `the image of template ${template} passes the project's own tests`;
  test.skipIf(obstacle)(obstacle ? `${title}: ${obstacle}` : title, async () => {
    const folder = await makeTemplateProject(home, template);
    const file = join(folder, "knap.yaml");
    const argument = template === "python" ? "PYTHON_IMAGE" : "NODE_IMAGE";
    const build = `build: ${JSON.stringify({ context: ".", args: { [argument]: bases[argument] } })}`;
    writeFileSync(file, readFileSync(file, "utf8").replace("build: .", build));
    const done = await home.run(["ci", "--runtime", "docker", "--", ...testCommand(template)], folder);
    expect(done).toMatchObject({ code: 0 });
    expect(await leftovers(engine, `knap.dev/host=${home.hostId}`)).toEqual([]);
    for (const { id } of await engine.images.list({ repository: `dev.local/default/my-${template}` })) {
      await engine.images.remove(id);
    }
  });
}
