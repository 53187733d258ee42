// Builds the parts of `knap/testing` besides its ES module: the CommonJS module, for jest, and the declarations.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Builds testing.cjs: one file without dependencies except Node. */
export async function buildCommonJsTesting(source, dist) {
  await build({
    entryPoints: [source],
    outfile: join(dist, "testing.cjs"),
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    legalComments: "none",
    logLevel: "warning",
    banner: { js: 'const __knapUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "__knapUrl" },
  });
}

/**
 * Writes testing.d.ts and testing.d.cts, without imports: consumers have none of our dependencies. Members marked
 * `@internal` are left out. This takes seconds.
 */
export async function buildTestingTypes(source, dist) {
  const { generateDtsBundle } = await import("dts-bundle-generator");
  const output = { exportReferencedTypes: false, noBanner: true };
  const preferredConfigPath = fileURLToPath(new URL("../tsconfig.json", import.meta.url));
  const [bundle] = generateDtsBundle([{ filePath: source, output }], { preferredConfigPath });
  const { default: values } = await import(pathToFileURL(join(dist, "testing.cjs")).href);
  const text = withTypeExports(bundle, Object.keys(values));
  for (const name of ["testing.d.ts", "testing.d.cts"]) await writeFile(join(dist, name), text);
}

/** The bundler exports a class as a value even if the module exports only its type. */
function withTypeExports(text, values) {
  const types = [];
  const declarations = text.replace(/^export (?=declare class (\w+))/gm, (modifier, name) => {
    if (values.includes(name)) return modifier;
    types.push(name);
    return "";
  });
  return declarations.replace(/^export \{\};$/m, `export type { ${types.join(", ")} };`);
}
