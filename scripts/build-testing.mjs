// Builds the parts of `knap/testing` besides its ES module: the CommonJS module, for jest, and the declarations.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
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
  const { rollup } = await import("rollup");
  const { dts } = await import("rollup-plugin-dts");
  const compilerOptions = { declaration: true, incremental: false, noEmit: false, stripInternal: true };
  const onwarn = ({ message }) => {
    throw new Error(message);
  };
  const bundle = await rollup({ input: source, plugins: [dts({ compilerOptions })], external: [/^node:/], onwarn });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  const { default: values } = await import(pathToFileURL(join(dist, "testing.cjs")).href);
  const text = withTypeExports(output[0].code, Object.keys(values));
  for (const name of ["testing.d.ts", "testing.d.cts"]) await writeFile(join(dist, name), text);
}

/** The plugin exports a class as a value even if the module exports only its type. */
function withTypeExports(text, values) {
  return text.replace(/^export \{ (.+) \};$/m, (_, names) => {
    const marked = names.split(", ").map((name) => (values.includes(name) ? name : `type ${name}`));
    return `export { ${marked.join(", ")} };`;
  });
}
