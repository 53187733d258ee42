// Joins the streams of a client with those of a container, or of a command in it.
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { sleep } from "../../../base/sleep.ts";
import { type ClientStreams, copyTo } from "../client-streams.ts";
import { readFrames } from "./log-stream.ts";

/** The engine closes the streams shortly before it knows the exit code, or the command did it long before its end. */
const EXIT_POLL_MS = { first: 20, last: 1_000 };

/** Rejects with the client library's error. */
export async function execAttached(
  container: Docker.Container,
  command: readonly string[],
  streams: ClientStreams,
): Promise<{ readonly exitCode: number }> {
  const { stdin, terminal, signal } = streams;
  const hasTerminal = terminal !== undefined;
  const run = await container.exec({
    Cmd: [...command],
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: !hasTerminal,
    Tty: hasTerminal,
  });
  const connection = (await run.start({ Detach: false, Tty: hasTerminal, hijack: true })) as unknown as Duplex;
  await join(connection, streams, { hasTerminal, resize: (size) => run.resize(size) });
  for (let pauseMs = EXIT_POLL_MS.first; ; pauseMs = Math.min(2 * pauseMs, EXIT_POLL_MS.last)) {
    const { ExitCode: exitCode, Running: isRunning } = await run.inspect();
    if (!isRunning || signal.aborted) return { exitCode: exitCode ?? 0 };
    await sleep(pauseMs, signal);
  }
}

/** Rejects with the client library's error. */
export async function attach(container: Docker.Container, streams: ClientStreams): Promise<void> {
  const { Config: config } = await container.inspect();
  const stdin = streams.stdin !== undefined;
  const wanted = { stream: true, stdin, stdout: true, stderr: true, hijack: true };
  const connection = (await container.attach(wanted)) as unknown as Duplex;
  await join(connection, streams, { hasTerminal: config.Tty, resize: (size) => container.resize(size) });
}

interface Console {
  /** The output of a terminal is not in frames. */
  readonly hasTerminal: boolean;
  resize(size: { readonly w: number; readonly h: number }): Promise<unknown>;
}

/** Resolves when the output has ended, or the client is gone. */
async function join(
  connection: Duplex,
  { stdin, stdout, stderr, terminal, signal }: ClientStreams,
  { hasTerminal, resize }: Console,
): Promise<void> {
  const resizing = terminal?.follow(({ columns: w, rows: h }) => void resize({ w, h }).catch(() => {}));
  const disconnect = (): void => void connection.destroy();
  connection.on("error", disconnect);
  if (signal.aborted) disconnect();
  signal.addEventListener("abort", disconnect, { once: true });
  stdin?.pipe(connection);
  if (hasTerminal) await copyTo(stdout, connection);
  else await copyFrames(connection, { stdout, stderr });
  signal.removeEventListener("abort", disconnect);
  resizing?.[Symbol.dispose]();
  disconnect();
}

async function copyFrames(connection: Duplex, sinks: Pick<ClientStreams, "stdout" | "stderr">): Promise<void> {
  try {
    for await (const { stream, payload } of readFrames(connection)) await sinks[stream]?.(payload);
  } catch {
    // The engine closed the connection, or the client is gone.
  }
}
