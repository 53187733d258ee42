// The project that the benchmark of saves changes: a server that shows one file of each watch rule.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The files that a save changes. The server answers `GET /NAME`, for example `/public`, with the content of one. People
 * edit files with such suffixes, so many saves in a row do not stop watch mode.
 */
export const savedFiles = { public: "public/page.html", source: "src/text.mjs", built: "settings.yaml" } as const;
export type SavedFile = keyof typeof savedFiles;

const SERVER = `import { readFileSync } from "node:fs";
import { createServer } from "node:http";
const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const texts = { source: read("./text.mjs"), built: read("../settings.yaml") };
const server = createServer(({ url }, response) => {
  response.end(url === "/public" ? read("../public/page.html") : texts[url.slice(1)] ?? "");
});
server.listen(Number(process.env.PORT));
process.once("SIGTERM", () => process.exit(0));
`;

const dockerfile = (base: string): string => `FROM ${base}
WORKDIR /app
COPY settings.yaml ./
COPY public ./public
COPY src ./src
CMD ["node", "src/server.mjs"]
`;

const RULES = `services:
  hello:
    build: .
    develop:
      watch:
        - { path: public, target: /app/public, action: sync }
        - { path: src, target: /app/src, action: sync+restart }
        - { path: settings.yaml, action: rebuild }
`;

const MANIFEST = `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec:
  template:
    metadata: { annotations: { autoscaling.knative.dev/min-scale: "1" } }
    spec: { containers: [{ image: dev.local/hello, securityContext: { runAsUser: 0 } }] }
`;

/** The start command of the server in the process runtime. */
export const startCommand: readonly [program: string, ...args: string[]] = [process.execPath, "src/server.mjs"];

/** Writes the project. `base`: an image with Node. */
export function writeProject(folder: string, base: string): void {
  const files = {
    Dockerfile: dockerfile(base),
    "knap.yaml": RULES,
    "service.yaml": MANIFEST,
    "src/server.mjs": SERVER,
    ...Object.fromEntries(Object.values(savedFiles).map((path) => [path, "0"])),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Saves a file as most editors do: writes a temporary file and renames it over the old one. */
export function save(folder: string, file: SavedFile, text: string): void {
  const path = join(folder, savedFiles[file]);
  writeFileSync(`${path}~`, text);
  renameSync(`${path}~`, path);
}
