import { describe, expect, test } from "vitest";
import type { DebuggerKind } from "../../../../src/apis/serving/debug.ts";
import { planDebugger } from "../../../../src/node/agent/debugger-spec.ts";

const plan = (command: readonly string[], kind?: DebuggerKind, waits = false) =>
  planDebugger({ command, kind, host: "0.0.0.0", port: 9, waits });
const INSPECT = "--inspect=0.0.0.0:9";
const DEBUGPY = "-m debugpy --listen 0.0.0.0:9";
const JDWP = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=0.0.0.0:9";
const DLV = "dlv exec --headless --listen=0.0.0.0:9 --accept-multiclient --continue";

/** Words without spaces, separated by spaces. */
const words = (text: string): readonly string[] => text.split(" ");

describe("the debugger of a command", () => {
  test.each([
    ["node server.js", `node ${INSPECT} server.js`],
    [
      "/usr/local/bin/node --enable-source-maps dist/main.js",
      `/usr/local/bin/node ${INSPECT} --enable-source-maps dist/main.js`,
    ],
    ["node --inspect server.js", `node ${INSPECT} server.js`],
    ["node --inspect-brk=1.2.3.4:5 server.js", `node ${INSPECT} server.js`],
    ["nodejs server.js --inspect-me", `nodejs ${INSPECT} server.js --inspect-me`],
    ["docker-entrypoint.sh node server.js", `docker-entrypoint.sh node ${INSPECT} server.js`],
    ["tini -- node server.js", `tini -- node ${INSPECT} server.js`],
    ["/usr/bin/dumb-init node server.js", `/usr/bin/dumb-init node ${INSPECT} server.js`],
    ["env NODE_ENV=dev node server.js", `env NODE_ENV=dev node ${INSPECT} server.js`],
    ["nodemon server.js", `nodemon ${INSPECT} server.js`],
    ["tsx src/main.ts", `tsx ${INSPECT} src/main.ts`],
    ["tsx watch src/main.ts", `tsx watch ${INSPECT} src/main.ts`],
  ])("of %s is Node's inspector", (command, expected) => {
    expect(plan(words(command))).toMatchObject({ ok: true, value: { debugger: "node", command: words(expected) } });
  });

  test.each([
    ["python app.py", `python ${DEBUGPY} app.py`, "python"],
    ["python3 -u app.py --port 1", `python3 -u ${DEBUGPY} app.py --port 1`, "python3"],
    ["python -X dev -W error -m app", `python -X dev -W error ${DEBUGPY} -m app`, "python"],
    ["/venv/bin/python3.12 -m flask run", `/venv/bin/python3.12 ${DEBUGPY} -m flask run`, "/venv/bin/python3.12"],
    ["gunicorn -b :8080 app:app", `python3 ${DEBUGPY} -m gunicorn -b :8080 app:app`, "python3"],
    ["uvicorn main:app", `python3 ${DEBUGPY} -m uvicorn main:app`, "python3"],
    ["flask run", `python3 ${DEBUGPY} -m flask run`, "python3"],
    ["/app/.venv/bin/fastapi run", `/app/.venv/bin/python3 ${DEBUGPY} -m fastapi run`, "/app/.venv/bin/python3"],
  ])("of %s is debugpy, if Python finds it", (command, expected, python) => {
    const value = {
      debugger: "python",
      command: words(expected),
      needs: { check: [python, "-c", "import debugpy"], missing: expect.stringContaining("pip install debugpy") },
    };
    expect(plan(words(command))).toMatchObject({ ok: true, value });
  });

  test.each([
    ["java -jar app.jar", `java ${JDWP} -jar app.jar`],
    ["/opt/java/bin/java -Xmx1g com.acme.Main", `/opt/java/bin/java ${JDWP} -Xmx1g com.acme.Main`],
    ["java -agentlib:jdwp=transport=dt_socket,address=1 -jar app.jar", `java ${JDWP} -jar app.jar`],
  ])("of %s is the JVM's own", (command, expected) => {
    expect(plan(words(command))).toMatchObject({ ok: true, value: { debugger: "jvm", command: words(expected) } });
  });

  test.each([
    ["npm start", undefined],
    ["npx tsx main.ts", undefined],
    ["pnpm run serve", undefined],
    ["yarn start", undefined],
    ["./start.sh", "node"],
  ] as const)("of %s is the inspector of the program that it starts, not its own", (command, kind) => {
    const planned = plan(words(command), kind);
    const { NODE_OPTIONS = "" } = planned.ok ? (planned.value.env ?? {}) : {};
    expect(planned).toEqual({ ok: true, value: { debugger: "node", env: { NODE_OPTIONS } } });
    expect(NODE_OPTIONS).toMatch(/^--import=data:text\/javascript,/);
    // NODE_OPTIONS would need quotes, a URL would need escapes, and Kubernetes expands $(NAME).
    expect(NODE_OPTIONS).not.toMatch(/[" #?\\]|\$[($]/);
  });

  test("of ts-node is the inspector of its own process", () => {
    const value = { debugger: "node", env: { NODE_OPTIONS: INSPECT } };
    expect(plan(["ts-node", "main.ts"])).toEqual({ ok: true, value });
  });

  test.each([
    ["node server.js --port $PORT", `node ${INSPECT} server.js --port $PORT`],
    ["exec node  server.js 'a  b'", `exec node ${INSPECT}  server.js 'a  b'`],
    ["npm run migrate\nnode server.js\n", `npm run migrate\nnode ${INSPECT} server.js\n`],
    ["node server.js ; ", `node ${INSPECT} server.js ; `],
    ["node \\\n  server.js", `node ${INSPECT} \\\n  server.js`],
    ["cd /app && node server.js", `cd /app && node ${INSPECT} server.js`],
    [
      "node migrate.js; exec node server.js | pino-pretty",
      `node migrate.js; exec node ${INSPECT} server.js | pino-pretty`,
    ],
    ["python app.py", `python ${DEBUGPY} app.py`],
    ["exec java $JAVA_OPTS -jar app.jar", `exec java ${JDWP} $JAVA_OPTS -jar app.jar`],
  ])("of the shell script %s is added to its last command", (script, expected) => {
    expect(plan(["/bin/sh", "-c", script])).toMatchObject({
      ok: true,
      value: { command: ["/bin/sh", "-c", expected] },
    });
  });

  test("of a script is found behind other options of the shell", () => {
    const command = ["/bin/bash", "-lc", `exec node ${INSPECT} a.js`];
    expect(plan(["/bin/bash", "-lc", "exec node a.js"])).toMatchObject({ ok: true, value: { command } });
  });

  test.each([
    [["/server"], `${DLV} /server`],
    [["/server", "-v", "x"], `${DLV} /server -- -v x`],
    [["tini", "--", "/server"], `tini -- ${DLV} /server`],
  ])("of %j is Delve only if that is named, because any program can be written in Go", (command, expected) => {
    expect(plan(command).ok).toBe(false);
    expect(plan(command, "go")).toMatchObject({ ok: true, value: { debugger: "go", command: words(expected) } });
  });

  test.each([
    [["./start.sh"], "jvm", { JAVA_TOOL_OPTIONS: JDWP }],
    [["./start.sh"], "other", undefined],
  ] as const)("of the unknown command %j can be named: %s", (command, kind, env) => {
    expect(plan(command, kind)).toEqual({ ok: true, value: { debugger: kind, ...(env && { env }) } });
  });

  test("can be told to wait for its client", () => {
    const commandOf = (command: readonly string[], kind?: DebuggerKind) => {
      const planned = plan(command, kind, true);
      return planned.ok ? planned.value.command?.join(" ") : "";
    };
    expect(commandOf(["node", "a.js"])).toBe("node --inspect-brk=0.0.0.0:9 a.js");
    expect(commandOf(["python", "a.py"])).toBe(`python ${DEBUGPY} --wait-for-client a.py`);
    expect(commandOf(["java", "A"])).toContain("suspend=y");
    expect(commandOf(["/a"], "go")).not.toContain("--continue");
  });

  test.each([
    [["ruby", "app.rb"], undefined, /no debugger is known for the command "ruby app.rb": .*--kind.*--port/],
    [[], undefined, /no debugger is known for the command of the image, which is empty/],
    [["deno", "run", "node"], undefined, /no debugger is known/],
    [["./start.sh"], "python", /the command ".\/start.sh" cannot start under the python debugger/],
  ] as const)("of %j is an error that says what to do", (command, kind, message) => {
    expect(plan(command, kind)).toMatchObject({ ok: false, error: expect.stringMatching(message) });
  });
});
