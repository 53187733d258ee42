// Defines the streams between a client and a command or container.
import type { Readable } from "node:stream";
import type { Terminal } from "./terminal.ts";

/** Resolves when the client can take more, or is gone. Never rejects. */
export type Sink = (chunk: Buffer) => Promise<void>;

export interface ClientStreams {
  /** Its end closes the command's standard input. undefined: the input is empty. */
  readonly stdin?: Readable | undefined;
  /** undefined: the output is read and dropped. */
  readonly stdout?: Sink | undefined;
  /** Gets nothing if there is a terminal, which has one output. */
  readonly stderr?: Sink | undefined;
  /** undefined: the command has no terminal. */
  readonly terminal?: Terminal | undefined;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** Copies a stream at the speed of the client. Ends early, without an error, when the stream breaks off. */
export async function copyTo(sink: Sink | undefined, from: Readable): Promise<void> {
  try {
    for await (const chunk of from) await sink?.(chunk as Buffer);
  } catch {
    // The process was killed, or the engine closed the connection.
  }
}
