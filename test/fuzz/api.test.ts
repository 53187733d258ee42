// Sends malformed requests of every verb and kind to a whole session. KNAP_FUZZ_REQUESTS changes their number.
import { Agent, type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorDetails } from "../../src/base/errors.ts";
import { type LogRecord, makeLogger } from "../../src/base/logger.ts";
import { testAppPath } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { type MalformedRequest, malformedRequest, NAMES } from "../support/malformed-requests.ts";
import { openSession, type TestSession } from "../support/session.ts";

const REQUESTS = Number(process.env["KNAP_FUZZ_REQUESTS"] ?? 100_000);
const FIRST_SEED = Number(process.env["KNAP_FUZZ_SEED"] ?? 1);
const PARALLEL = 8;
/** The container runtime is unreachable, or a pod cannot be reached through the API. */
const UNAVAILABLE = 503;
/** As in Kubernetes, a server-side apply with wrong types is a 500. */
const WRONG_TYPES = /^\{"kind":"Status".*"message":"failed to create typed patch object /;
/** Planners may report Knative's own errors about an object, but no exception of the language. */
const EXCEPTION =
  /is not (a function|iterable|defined)|Cannot (read|convert|create)|Invalid (time|array|count)|call stack/;

let session: TestSession;
let agent: Agent;
const errors: LogRecord[] = [];
beforeAll(async () => {
  agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  const app = { command: [process.execPath, testAppPath], folder: process.cwd(), env: {} };
  session = await openSession("process", {
    apiScheme: "http",
    maxPods: 64,
    commands: new Map([["default/alive", app]]),
    log: makeLogger((record) => void (record.level === "error" && errors.push(record))),
  });
  await session.emulator.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "fuzz" } });
});
afterAll(async () => {
  agent.destroy();
  await session[Symbol.asyncDispose]();
});

it(`${REQUESTS} malformed requests each get a Status below 500, and the session still routes requests (11 A8)`, async () => {
  const wrong: string[] = [];
  const codes = new Map<number, number>();
  let next = FIRST_SEED;
  const work = async (): Promise<void> => {
    while (next < FIRST_SEED + REQUESTS && wrong.length < 20) {
      const seed = next++;
      const { code, fault } = await answerTo(malformedRequest(seed));
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (fault !== undefined) wrong.push(`seed ${seed}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  console.info("answers by status:", Object.fromEntries([...codes].sort(([a], [b]) => a - b)));
  expect(errors.slice(0, 10).map(({ message, fields }) => `${message}: ${stackOf(fields["error"])}`)).toEqual([]);
  expect(wrong).toEqual([]);
  const { failures } = await session.emulator.client.knap<{ failures: { error: string }[] }>("GET", "/status");
  expect(failures.filter(({ error }) => EXCEPTION.test(error))).toEqual([]);

  // Malformed requests can make a Node that claims to be ready. Its pods would never run.
  for (const name of NAMES) await session.emulator.client.delete({ kind: "Node", namespace: "", name }).catch(() => {});
  await session.deploy("alive");
  await session.ready("alive", 60_000);
  await eventually(async () => expect((await session.fetch("alive")).status).toBe(200), 10_000);
});

function stackOf(error: unknown): string {
  return errorDetails(error, true).split("\n").slice(0, 6).join("\n");
}

interface Checked {
  readonly code: number;
  /** What is wrong with the answer; undefined if nothing is. */
  readonly fault?: string | undefined;
}

function answerTo({ method, path, headers, body }: MalformedRequest): Promise<Checked> {
  const { address, token } = session.emulator.api;
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const sent = request({
      hostname,
      port,
      method,
      path,
      agent,
      headers: { ...headers, authorization: `Bearer ${token}`, "content-length": String(body?.length ?? 0) },
    });
    sent.on(
      "response",
      (message) => void check(message, `${method} ${path} ${body?.toString().slice(0, 2000)}`).then(resolve),
    );
    sent.on("error", (error) => resolve({ code: 0, fault: `${method} ${path}: ${error.message}` }));
    sent.end(body);
  });
}

async function check(message: IncomingMessage, sent: string): Promise<Checked> {
  const code = message.statusCode ?? 0;
  // A watch or a log ends only after its timeout.
  const isStream = code === 200 && message.headers["transfer-encoding"] === "chunked";
  if (isStream) {
    message.destroy();
    return { code };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (code >= 500 && code !== UNAVAILABLE && !WRONG_TYPES.test(text))
    return { code, fault: `${code} ${text.slice(0, 300)} for ${sent}` };
  const isStatus = code < 400 || text.startsWith("404 page") || sent.startsWith("HEAD") || isStatusText(text, code);
  return { code, fault: isStatus ? undefined : `${code} without a Status (${text.slice(0, 200)}) for ${sent}` };
}

function isStatusText(text: string, code: number): boolean {
  try {
    const status = JSON.parse(text);
    return status.kind === "Status" && status.code === code && status.message !== "";
  } catch {
    return false;
  }
}
