import { describe, expect, test } from "vitest";
import type { StringMap } from "../../../src/apis/meta/object.ts";
import { readDockerfile } from "../../../src/project/dockerfile.ts";
import { inferRules } from "../../../src/project/infer-watch.ts";
import { installCommands } from "../../../src/project/install-scripts.ts";

const FILES = [
  "Dockerfile",
  "package.json",
  "package-lock.json",
  "server.mjs",
  "app.py",
  "requirements.txt",
  "site.tar",
];
const FOLDERS = ["src", "public", "app", "lib"];

/** Returns the rules as lines such as `sync+restart src → /app/src`, or the reason why there are none. */
function inferred(lines: readonly string[], reloads = false, scripts: StringMap = {}): readonly string[] | string {
  const facts = readDockerfile(lines.join("\n"));
  if (facts === undefined) throw new Error("no such stage");
  const kindOf = (path: string) => {
    const name = path.replace("/project/", "");
    return FOLDERS.includes(name) || path === "/project" ? "folder" : FILES.includes(name) ? "file" : undefined;
  };
  const namesIn = (folder: string) => (folder.replace(/\/$/, "") === "/project" ? [...FILES, ...FOLDERS] : []);
  const command = [...facts.entrypoint, ...facts.cmd];
  const installed = installCommands(scripts);
  const rules = inferRules(facts, { command, context: "/project", kindOf, namesIn, reloads, installed });
  if (!rules.ok) return rules.error;
  return rules.value.map(({ action, path, target, include }) => {
    const name = path.replace(/^\/project\/?/, "") || ".";
    return [action, name, ...include, ...(target === undefined ? [] : ["→", target])].join(" ");
  });
}
/** The synced paths only. */
const synced = (lines: readonly string[]) => {
  const rules = inferred(lines);
  return typeof rules === "string" ? [] : rules.filter((rule) => !rule.startsWith("rebuild"));
};

describe("rules from a Dockerfile", () => {
  test("sources that a copied stage builds are rebuilt, and the other ones are synced", () => {
    const rules = inferred([
      "FROM node AS web",
      "COPY package.json lib/ ./",
      "RUN npm run build",
      "FROM python AS packages",
      "RUN python -m venv /venv",
      "FROM python",
      "COPY --from=packages /venv /venv",
      "COPY --from=web /dist static",
      "COPY . /srv",
      "CMD python /srv/app.py",
    ]);
    expect(rules.slice(0, 2)).toEqual(["sync+restart . → /srv", "rebuild lib"]);
  });

  test("an installation after COPY is a build if package.json has scripts that it runs", () => {
    const lines = (run: string) => ["FROM node", "COPY . /app", `RUN ${run}`, "CMD node /app"];
    const built = { postinstall: "prisma generate" };
    for (const run of ["npm ci", "npm install --omit=dev", "yarn", "pnpm i --frozen-lockfile"]) {
      expect(inferred(lines(run), false, built)).toMatch(/may change the sources/);
      expect(inferred(lines(run), false, { prepare: "husky", test: "tsc" })).toContain("sync+restart . → /app");
    }
    expect(inferred(lines("npm ci --ignore-scripts"), false, built)).toContain("sync+restart . → /app");
    const first = ["FROM node", "COPY package.json ./", "RUN npm ci", "COPY src src", "CMD node src"];
    expect(inferred(first, false, built)).toContain("sync+restart src → /src");
  });

  test("source folders are synced, and manifests of dependencies and the Dockerfile are rebuilt", () => {
    expect(
      inferred([
        "FROM node",
        "WORKDIR /app",
        "COPY package.json package-lock.json ./",
        "RUN npm ci",
        "COPY src ./src",
        'CMD ["node", "src/main.js"]',
      ]),
    ).toEqual([
      "sync+restart src → /app/src",
      "rebuild Dockerfile",
      "rebuild package.json",
      "rebuild package-lock.json",
      "rebuild requirements.txt",
    ]);
  });

  test("files are only synced if the command reloads changed code by itself", () => {
    const rules = inferred(["FROM node", "WORKDIR /app", "COPY src src", "CMD nodemon src/main.js"], true);
    expect(rules[0]).toBe("sync src → /app/src");
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["COPY . .", ["WORKDIR /app", "COPY . .", "CMD node server.mjs"], ["sync+restart . → /app"]],
    ["COPY . /app/", ["COPY . /app/", "CMD node server.mjs"], ["sync+restart . → /app"]],
    ["COPY without WORKDIR", ["COPY . .", "CMD node server.mjs"], ["sync+restart . → /"]],
    [
      "a file",
      ["COPY server.mjs /app/main.mjs", "CMD node /app/main.mjs"],
      ["sync+restart server.mjs → /app/main.mjs"],
    ],
    [
      "a file into a folder",
      ["WORKDIR /app", "COPY ./server.mjs ./", "CMD node server.mjs"],
      ["sync+restart server.mjs → /app/server.mjs"],
    ],
    [
      "several sources",
      ["WORKDIR /app", "COPY app.py lib ./", "CMD python app.py"],
      ["sync+restart app.py → /app/app.py", "sync+restart lib → /app"],
    ],
    ["a pattern", ["WORKDIR /app", "COPY *.mjs ./", "CMD node server.mjs"], ["sync+restart . *.mjs → /app"]],
    ["the JSON form", ["WORKDIR /app", 'COPY ["src", "./src"]', "CMD node src"], ["sync+restart src → /app/src"]],
    [
      "--chown and ADD",
      ["WORKDIR /srv", "ADD --chown=1:1 app app", "CMD python -m app"],
      ["sync+restart app → /srv/app"],
    ],
    [
      "a relative WORKDIR",
      ["WORKDIR /srv", "WORKDIR web", "COPY src .", "CMD ruby main.rb"],
      ["sync+restart src → /srv/web"],
    ],
    [
      "variables",
      ["ENV HOME_DIR=/opt/x", "WORKDIR $HOME_DIR", "COPY src ./src", "CMD php src/main.php"],
      ["sync+restart src → /opt/x/src"],
    ],
    [
      "a base stage",
      ["WORKDIR /app", "COPY src src", "FROM 0", "COPY public public", "CMD node src"],
      ["sync+restart src → /app/src", "sync+restart public → /app/public"],
    ],
    [
      "an entry point script",
      ["WORKDIR /app", "COPY src src", 'ENTRYPOINT ["/entrypoint.sh"]', 'CMD ["node", "src"]'],
      ["sync+restart src → /app/src"],
    ],
    [
      "install after COPY",
      [
        "WORKDIR /app",
        "COPY . .",
        "RUN apt-get update && apt-get install -y curl && npm install --omit=dev",
        "CMD npm start",
      ],
      ["sync+restart . → /app"],
    ],
    [
      "pip install -r after COPY",
      ["WORKDIR /app", "COPY . .", "RUN pip install --no-cache-dir -r requirements.txt", "CMD gunicorn app:app"],
      ["sync+restart . → /app"],
    ],
    [
      "a build step before COPY",
      ["WORKDIR /app", "COPY lib lib", "RUN npx prisma generate", "COPY src src", "CMD node src"],
      ["sync+restart src → /app/src"],
    ],
    [
      "users and modes",
      ["COPY src /src", "RUN useradd app && chown -R app /src", "USER app", "CMD node /src"],
      ["sync+restart src → /src"],
    ],
  ])("%s is recognised", (_, lines, expected) => {
    expect(synced(["FROM base", ...lines])).toEqual(expected);
  });

  test.each<[string, readonly string[], RegExp]>([
    [
      "RUN npm run build",
      ["WORKDIR /app", "COPY . .", "RUN npm ci && npm run build", "CMD node dist"],
      /npm run build may change/,
    ],
    ["RUN tsc", ["WORKDIR /app", "COPY src src", "RUN npx tsc -p .", "CMD node dist"], /tsc -p \. may change/],
    ["RUN python -m compileall", ["COPY app /app", "RUN python -m compileall /app", "CMD python /app"], /compileall/],
    ["pip install .", ["WORKDIR /app", "COPY . .", "RUN pip install .", "CMD app.py"], /pip install/],
    [
      "a here-document with a build",
      ["COPY . /app", "RUN <<EOF", "npm run build", "EOF", "CMD node /app"],
      /npm run build/,
    ],
    ["a binary", ["COPY server /server", 'CMD ["/server"]'], /no known interpreter: \/server/],
    ["java", ["COPY lib /lib", 'CMD ["java", "-jar", "/lib/a.jar"]'], /no known interpreter/],
    ["no command", ["COPY src /src"], /no CMD or ENTRYPOINT/],
    ["only files of another stage", ["COPY --from=0 /dist /dist", "CMD node /dist"], /copies no files/],
    [
      "pip install . with uv",
      ["WORKDIR /app", "COPY . .", "RUN uv pip install --system .", "CMD python -m app"],
      /uv pip install --system \. may change/,
    ],
    [
      "uv sync --no-editable",
      ["COPY . /app", "RUN uv sync --frozen --no-editable", "CMD python -m app"],
      /--no-editable may change/,
    ],
    [
      "a copy of a stage that builds the same sources",
      ["COPY . .", "RUN npm run build", "FROM base", "COPY . .", "COPY --from=0 /dist /dist", "CMD node /dist"],
      /npm run build may change/,
    ],
    ["an archive", ["ADD site.tar /srv", "CMD node /srv"], /copies no files/],
    ["a folder that does not exist", ["COPY gone /srv", "CMD node /srv"], /copies no files/],
    ["a folder outside of the context", ["COPY ../src /srv", "CMD node /srv"], /copies no files/],
  ])("%s gives no rules", (_, lines, reason) => {
    expect(inferred(["FROM base", ...lines])).toMatch(reason);
  });
});
