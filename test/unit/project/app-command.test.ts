import { describe, expect, test } from "vitest";
import { isInterpreted, reloaderOf } from "../../../src/project/app-command.ts";
import { shellWords } from "../../../src/project/shell-words.ts";

const shell = (line: string) => ["/bin/sh", "-c", line];

describe("the words of a command line", () => {
  test.each([
    ["a  b\tc", ["a", "b", "c"]],
    [`say "two words" 'and "more"'`, ["say", "two words", 'and "more"']],
    [`a\\ b "c\\"d" e''f`, ["a b", 'c"d', "ef"]],
    ["", []],
  ])("%j has the words %j", (line, words) => expect(shellWords(line)).toEqual(words));
});

describe("an interpreted command", () => {
  test.each([
    ["node", "server.js"],
    ["/usr/local/bin/python3.12", "-m", "app"],
    ["python", "-m", "gunicorn", "app:app"],
    ["tini", "-g", "--", "node", "server.js"],
    ["docker-entrypoint.sh", "php-fpm8.2"],
    ["bundle", "exec", "rackup"],
    ["npm", "start"],
    ["poetry", "run", "uvicorn", "main:app"],
    ["./bin/server.py"],
    shell("NODE_ENV=production exec node server.js"),
    shell("npm run migrate && node server.js"),
  ])("%j %j %j %j runs source code", (...command) => expect(isInterpreted(command)).toBe(true));

  test.each([
    ["/server"],
    ["java", "-jar", "app.jar"],
    ["nginx", "-g", "daemon off;"],
    shell("./server --port 80"),
    [],
  ])("%j %j %j does not run source code", (...command) =>
    expect(isInterpreted(command.filter((word) => word !== undefined))).toBe(false),
  );
});

describe("a command that reloads changed code by itself", () => {
  test.each([
    [["nodemon", "server.js"]],
    [["node", "--watch", "server.js"]],
    [["node", "--enable-source-maps", "--watch-path=src", "server.js"]],
    [["npx", "tsx", "watch", "src/main.ts"]],
    [["bun", "run", "--hot", "server.ts"]],
    [["next", "dev", "-p", "8080"]],
    [["npx", "vite"]],
    [["uvicorn", "main:app", "--reload"]],
    [["python", "-m", "flask", "--app", "main", "run", "--debug"]],
    [["python", "manage.py", "runserver", "0.0.0.0:8080"]],
    [["npm", "run", "dev"]],
    [["yarn", "dev"]],
    [shell("cd web && npm run start:dev")],
  ])("%j does", (command) => expect(reloaderOf(command, undefined)).toBeDefined());

  test.each([
    [["node", "server.js"]],
    [["node", "server.js", "--watch"]],
    [["npx", "vite", "preview"]],
    [["npm", "start"]],
    [["gunicorn", "main:app"]],
    [["python", "manage.py", "runserver", "--noreload"]],
  ])("%j does not", (command) => expect(reloaderOf(command, undefined)).toBeUndefined());

  test("the scripts of package.json decide what a script of that name does", () => {
    const scripts = {
      dev: "node server.js",
      start: "npm run serve",
      serve: "PORT=1 nodemon server.js",
      loop: "npm run loop",
    };
    expect(reloaderOf(["npm", "run", "dev"], scripts)).toBeUndefined();
    expect(reloaderOf(["npm", "start"], scripts)).toBe("npm start");
    expect(reloaderOf(["npm", "run", "loop"], scripts)).toBeUndefined();
    expect(reloaderOf(["npm", "start"], { start: 'concurrently "tsc -w" "node --watch dist"' })).toBe("npm start");
  });
});
