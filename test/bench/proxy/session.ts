// Runs a whole session in its own process: `session.ts plain|ui`. Prints the public port when its Service is ready.
import { Readable, Writable } from "node:stream";
import { openSession } from "../../support/session.ts";

const session = await openSession("process", { configMaps: new Map() });
await session.deploy("hello", { annotations: { "autoscaling.knative.dev/min-scale": "1" } });
await session.ready("hello");

/** A terminal that discards its output. */
class Screen extends Writable {
  readonly isTTY = true;
  readonly columns = 120;
  readonly rows = 40;

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

/** A keyboard without input. */
class Keyboard extends Readable {
  readonly isTTY = true;

  override _read(): void {}
  setRawMode(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

if (process.argv[2] === "ui") void showUi();
process.stdout.write(`${session.emulator.ingress.port}\n`);
process.once("SIGTERM", async () => {
  await session[Symbol.asyncDispose]();
  process.exit(0);
});

async function showUi(): Promise<void> {
  const { showTui } = await import("../../../src/tui/show-tui.tsx");
  const { client } = session.emulator;
  await showTui({
    client,
    title: { ingress: "http://localhost", runtime: "process" },
    stdin: new Keyboard() as unknown as NodeJS.ReadStream,
    stdout: new Screen() as unknown as NodeJS.WriteStream,
    signal: new AbortController().signal,
    onQuit: () => {},
  });
}
