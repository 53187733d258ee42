// Reads the requests of the test library from standard input, and writes answers and lines to standard output.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { parseJson } from "../../base/json.ts";
import { redacted } from "../../base/redact.ts";
import type { HarnessAnswer, HarnessRequest } from "../../testing/protocol.ts";
import type { Terminal } from "../terminal.ts";

export interface Channel {
  /** Yields the requests until the library closes the stream, its process ends or the session is interrupted. */
  readonly requests: AsyncGenerator<HarnessRequest, undefined>;
  send(answer: HarnessAnswer): void;
  /** A terminal whose progress and errors go to the library. */
  readonly terminal: Terminal;
}

export function openChannel(terminal: Terminal): Channel {
  const send = (answer: HarnessAnswer): void => terminal.print(JSON.stringify(answer));
  const say = (text: string): void => send({ line: redacted(text) });
  const stderr = new Writable({
    write(chunk, _, done) {
      say(String(chunk).trimEnd());
      done();
    },
  });
  // A copy would use the getter of `interrupts`.
  const own: Terminal = Object.create(terminal, {
    say: { value: say },
    stderr: { value: stderr },
    paint: { value: (_: string, text: string) => text },
  });
  return { requests: readRequests(terminal), send, terminal: own };
}

async function* readRequests({ stdin, interrupts }: Terminal): AsyncGenerator<HarnessRequest, undefined> {
  const lines = createInterface({ input: stdin });
  // `knap down` and Ctrl-C end the session. The end of the library acts like Ctrl-C, also during the start.
  interrupts.first.addEventListener("abort", () => lines.close(), { once: true });
  stdin.once("end", () => interrupts.interrupt());
  for await (const line of lines) {
    const request = parseJson(line);
    if (request !== undefined) yield request as HarnessRequest;
  }
  return undefined;
}
