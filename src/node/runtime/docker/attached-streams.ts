// Joins the streams of a client with those of a command in a container.
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { sleep } from "../../../base/sleep.ts";
import { type ClientStreams, copyTo } from "../client-streams.ts";
import { readFrames } from "./log-stream.ts";

/** The engine closes the streams shortly before it knows the exit code. */
const EXIT_POLL_MS = 20;

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
  const resizing = terminal?.follow(({ columns: w, rows: h }) => void run.resize({ w, h }).catch(() => {}));
  await join(connection, streams);
  resizing?.[Symbol.dispose]();
  for (;;) {
    const { ExitCode: exitCode, Running: isRunning } = await run.inspect();
    if (!isRunning || signal.aborted) return { exitCode: exitCode ?? 0 };
    await sleep(EXIT_POLL_MS, signal);
  }
}

/** Resolves when the output has ended, or the client is gone. The output of a terminal is not in frames. */
async function join(connection: Duplex, { stdin, stdout, stderr, terminal, signal }: ClientStreams): Promise<void> {
  const disconnect = (): void => void connection.destroy();
  connection.on("error", disconnect);
  if (signal.aborted) disconnect();
  signal.addEventListener("abort", disconnect, { once: true });
  stdin?.pipe(connection);
  if (terminal) await copyTo(stdout, connection);
  else await copyFrames(connection, { stdout, stderr });
  signal.removeEventListener("abort", disconnect);
  disconnect();
}

async function copyFrames(connection: Duplex, sinks: Pick<ClientStreams, "stdout" | "stderr">): Promise<void> {
  try {
    for await (const { stream, payload } of readFrames(connection)) await sinks[stream]?.(payload);
  } catch {
    // The engine closed the connection, or the client is gone.
  }
}
