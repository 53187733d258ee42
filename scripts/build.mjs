// Builds dist/: one bundle per entry point, split into chunks that are loaded lazily for a fast start. It does not
// check types.

import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, stop } from "esbuild";
import { buildCommonJsTesting, buildTestingTypes } from "./build-testing.mjs";
import { writeNotice } from "./notice.mjs";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Entry points of the package: name in dist → source. */
const entries = {
  cli: "src/cli/main.ts",
  schema: "src/project/json-schema.ts",
  guard: "src/node/agent/guard-main.ts",
  testing: "src/testing/index.ts",
};

/** Names that bundled CommonJS libraries use and that ESM does not define. */
const commonJsNames = [
  'import { createRequire as __knapCreateRequire } from "node:module";',
  'import { fileURLToPath as __knapFileUrlToPath } from "node:url";',
  'import { dirname as __knapDirname } from "node:path";',
  "const require = __knapCreateRequire(import.meta.url);",
  "const __filename = __knapFileUrlToPath(import.meta.url);",
  "const __dirname = __knapDirname(__filename);",
].join("\n");

/** Stubs replace optional native modules and developer tools that knap never uses. */
const stub = (name) => join(root, "scripts", "stubs", name);

/** docker-modem formats every request for its debug log, even if the log is off. That takes 5 ms and more. */
const withoutDebugText = {
  name: "without-debug-text",
  setup({ onLoad }) {
    onLoad({ filter: /docker-modem\/lib\/modem\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace(/debug\('Sending: %s', util\.inspect\([^)]*\)\);/, "");
      if (contents === text) throw new Error(`${path} formats no request any more: remove this plugin`);
      return { contents };
    });
  },
};

/** Removes chunks of earlier builds after `hours`. Until then running sessions can load them. */
async function sweepOldChunks(chunks, current, hours) {
  const limit = Date.now() - hours * 3600 * 1000;
  for (const name of await readdir(chunks)) {
    const path = join(chunks, name);
    if (current.has(path)) continue;
    if ((await stat(path)).mtimeMs < limit) await rm(path, { recursive: true, force: true });
  }
}

/** Builds the gateway container's program: one file without dependencies except Node. */
export async function buildGateway(dist = join(root, "dist")) {
  await build({
    absWorkingDir: root,
    entryPoints: [join(root, "src/node/network/gateway-main.ts")],
    outfile: join(dist, "gateway.js"),
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    legalComments: "none",
    logLevel: "warning",
  });
  // Stops esbuild's helper process, which would otherwise run as long as this process.
  await stop();
}

/** Writes the JSON schema of knap.yaml into the folder `schema` beside `dist`. Editors read it. */
async function writeSchema(dist) {
  const { projectJsonSchema } = await import(pathToFileURL(join(dist, "schema.js")).href);
  const folder = join(dirname(dist), "schema");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "knap.schema.json"), `${JSON.stringify(projectJsonSchema(), undefined, 2)}\n`);
  await rm(join(dist, "schema.js"));
}

/**
 * Builds everything into `dist`. `isRelease`: with declarations and without chunks of earlier builds. Resolves to the
 * CLI's bundle.
 */
export async function buildAll({ dist = join(root, "dist"), isRelease = false } = {}) {
  const chunks = join(dist, "chunks");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entryPoints = Object.entries(entries).map(([out, source]) => ({ in: join(root, source), out }));
  const result = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    jsx: "automatic",
    minifySyntax: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    banner: { js: commonJsNames },
    plugins: [withoutDebugText],
    define: {
      "process.env.NODE_ENV": '"production"',
      "process.env.DEV": '"false"',
      KNAP_VERSION: JSON.stringify(version),
    },
    alias: {
      "react-devtools-core": stub("empty.cjs"),
      "cpu-features": stub("empty.cjs"),
      ssh2: stub("ssh2.cjs"),
      // dockerode uses them for builds with BuildKit. knap has its own session and reads the trace itself.
      "@grpc/grpc-js": stub("empty.cjs"),
      "@grpc/proto-loader": stub("empty.cjs"),
      protobufjs: stub("empty.cjs"),
    },
  });
  await buildGateway(dist);
  await buildCommonJsTesting(join(root, entries.testing), dist);
  if (isRelease) await buildTestingTypes(join(root, entries.testing), dist);
  await mkdir(chunks, { recursive: true });
  const { outputs } = result.metafile;
  await sweepOldChunks(chunks, new Set(Object.keys(outputs).map((path) => join(root, path))), isRelease ? 0 : 24);
  const bundled = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  await writeSchema(dist);
  writeNotice(root, bundled, join(dist, "NOTICE"));
  await writeFile(join(dist, ".built"), `${new Date().toISOString()}\n`);
  return join(dist, "cli.js");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder] = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
  await buildAll({ dist: resolve(folder ?? join(root, "dist")), isRelease: process.argv.includes("--release") });
}
