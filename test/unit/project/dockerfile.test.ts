import { describe, expect, test } from "vitest";
import { inferCommand, readDockerfile } from "../../../src/project/dockerfile.ts";

describe("reading a Dockerfile", () => {
  test("the start command has CMD, WORKDIR and ENV of the last stage and of the stages that it is built from", () => {
    const facts = readDockerfile(
      [
        "# a comment",
        "ARG NODE_IMAGE=node:22-slim",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
        "FROM ${NODE_IMAGE} AS base",
        "WORKDIR /app",
        'ENV A=1 B="two words" \\',
        "    C=$A-x",
        "FROM base",
        "WORKDIR src",
        'CMD ["node", "server.mjs"]',
      ].join("\n"),
    );
    expect(facts).toEqual({
      base: "node:22-slim",
      workdir: "/app/src",
      env: { A: "1", B: "two words", C: "-x" },
      entrypoint: [],
      cmd: ["node", "server.mjs"],
      steps: [],
    });
  });

  test("the steps have the files that come from the context, with absolute targets, and the commands of RUN", () => {
    const text = [
      "FROM node AS deps",
      "WORKDIR /app",
      "COPY package.json package-lock.json ./",
      "RUN --mount=type=cache,target=/root/.npm npm ci",
      "FROM deps",
      "COPY --from=build /dist ./dist",
      "COPY --chown=node:node src ./src",
      'ADD ["a b.txt", "/data/"]',
      "ADD https://example.com/x.tar /x",
      "COPY <<EOF /etc/motd",
      "hello",
      "EOF",
      "RUN <<EOF",
      "npm run build",
      "EOF",
    ].join("\n");
    const shell = (line: string) => ({ type: "run", command: ["/bin/sh", "-c", line] });
    expect(readDockerfile(text)?.steps).toEqual([
      { type: "copy", sources: ["package.json", "package-lock.json"], target: "/app/" },
      shell("npm ci"),
      { type: "copy", sources: ["src"], target: "/app/src" },
      { type: "copy", sources: ["a b.txt"], target: "/data/" },
      shell("npm run build"),
    ]);
  });

  test("ENV can use variables of an earlier ENV", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
    expect(readDockerfile("FROM x\nENV A=1\nENV B=${A}2 C=${NONE:-three}")?.env).toEqual({
      A: "1",
      B: "12",
      C: "three",
    });
  });

  test("comment lines in a continued command, the escape directive and heredocs are read as Docker reads them", () => {
    expect(readDockerfile("FROM x\nCMD npm start \\\n# a comment\n  --flag=a#b")?.cmd[2]).toMatch(
      /^npm start +--flag=a#b$/,
    );
    expect(readDockerfile("# escape=`\nFROM x\nCMD a `\n b")?.cmd[2]).toMatch(/^a +b$/);
    expect(readDockerfile("FROM x\nCMD right\nRUN <<EOF\nCMD wrong\nEOF")?.cmd[2]).toBe("right");
    expect(readDockerfile('FROM x\nCMD ["a\\n", "b \\"c\\""]')?.cmd).toEqual(["a\n", 'b "c"']);
  });

  test("shell form runs in a shell, and an ENTRYPOINT discards the CMD before it", () => {
    expect(readDockerfile("FROM x\nCMD npm start")?.cmd).toEqual(["/bin/sh", "-c", "npm start"]);
    expect(readDockerfile('FROM x\nCMD ["a"]\nENTRYPOINT ["b"]')).toMatchObject({ cmd: [], entrypoint: ["b"] });
  });

  test("a target stage is found by name, and an unknown stage is not", () => {
    const text = 'FROM x AS dev\nCMD ["dev"]\nFROM x AS prod\nCMD ["prod"]';
    expect(readDockerfile(text, { target: "Dev" })?.cmd).toEqual(["dev"]);
    expect(readDockerfile(text)?.cmd).toEqual(["prod"]);
    expect(readDockerfile(text, { target: "none" })).toBeUndefined();
  });

  test("build arguments override an ARG's default", () => {
    expect(readDockerfile("ARG V=1\nFROM node:$V", { args: { V: "2" } })?.base).toBe("node:2");
  });
});

describe("inferring a process's command", () => {
  const facts = { base: "x", env: { A: "1" }, steps: [], workdir: "/app" };

  test("a process's command joins ENTRYPOINT and CMD, and paths under WORKDIR become paths in the project", () => {
    const inferred = inferCommand({ ...facts, entrypoint: ["/app/run"], cmd: ["--root", "/app", "/etc/x"] });
    expect(inferred).toEqual({ command: ["./run", "--root", ".", "/etc/x"], env: { A: "1" } });
  });

  test("no command is inferred if the base image has the command", () => {
    expect(inferCommand({ ...facts, entrypoint: [], cmd: [] })).toBeUndefined();
  });
});
