// Opens one runtime for contract tests, removes its containers after each test, and checks for leftovers at the end.
import { request } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type {
  ContainerRuntime,
  ContainerSpec,
  LogLine,
  RuntimeCapabilities,
  RuntimeContainer,
} from "../../src/node/runtime/runtime.ts";
import { leftovers, testLabel } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import type { Subject, SubjectKind } from "./runtime-subjects.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
  json(): unknown;
}

/** Registers the hooks; call it inside `describe`. `subject` and `runtime` are available once tests run. */
export function openBench(kind: SubjectKind) {
  const { labels, filter } = testLabel();
  const started: string[] = [];
  const skipped: string[] = [];
  let subject: Subject;

  beforeAll(async () => {
    subject = await kind.open(labels);
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((id) => subject.runtime.remove(id)));
  });
  afterAll(async () => {
    const left = (await leftovers(subject.runtime, filter)).filter(
      (name) => !name.startsWith("network knap-contract-"),
    );
    await subject.close();
    if (skipped.length > 0) console.info(`runtime ${kind.name}: ${skipped.length} skipped: ${skipped.join("; ")}`);
    expect(left).toEqual([]);
  });

  const create = async (spec: ContainerSpec): Promise<string> => {
    const id = await subject.runtime.create(spec);
    started.push(id);
    return id;
  };
  const start = async (spec: ContainerSpec): Promise<string> => {
    const id = await create(spec);
    await subject.runtime.start(id);
    return id;
  };
  const state = async (id: string): Promise<RuntimeContainer> => {
    const found = await subject.runtime.inspect(id);
    if (!found) throw new Error(`container ${id} is not there`);
    return found;
  };
  const get = async (id: string, path: string): Promise<Answer> => {
    const address = (await state(id)).addresses[8080];
    if (!address) throw new Error("no address for 8080");
    return getOnce(address, path);
  };
  return {
    labels,
    filter,
    create,
    start,
    state,
    get,
    get subject() {
      return subject;
    },
    get runtime() {
      return subject.runtime;
    },
    /** Starts a container and waits until the app answers. */
    async up(spec: ContainerSpec): Promise<string> {
      const id = await start(spec);
      await eventually(async () => expect((await get(id, "/health")).status).toBe(200));
      return id;
    },
    async linesOf(id: string, options: Parameters<ContainerRuntime["logs"]>[1]): Promise<LogLine[]> {
      const lines: LogLine[] = [];
      for await (const line of subject.runtime.logs(id, options)) lines.push(line);
      return lines;
    },
    /** Registers a test that is skipped if the runtime lacks the capability. */
    needing(capability: keyof RuntimeCapabilities, name: string, run: () => Promise<void>): void {
      const lacking = kind.lacks.includes(capability);
      if (lacking) skipped.push(`${name} (${capability})`);
      test.skipIf(lacking)(name, run);
    },
  };
}

/** One connection per request: engines reuse the address of a container, so a pooled connection would hang. */
function getOnce(address: { readonly host: string; readonly port: number }, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ask = request({ ...address, path, agent: false, timeout: 5_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, text, json: () => JSON.parse(text) as unknown }),
      );
    });
    ask.once("timeout", () => ask.destroy(new Error("no answer in 5 s")));
    ask.once("error", reject);
    ask.end();
  });
}
