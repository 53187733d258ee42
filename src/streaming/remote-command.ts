// Serves the streams of a command over a WebSocket, in the channels of Kubernetes' remote command protocol.
import { fieldsOf } from "../base/json.ts";
import type { ClientStreams, Sink } from "../node/runtime/client-streams.ts";
import { Terminal } from "../node/runtime/terminal.ts";
import { CHANNEL_PROTOCOLS, ChannelSocket } from "./channel-socket.ts";
import { Inbox } from "./inbox.ts";
import type { WebSocket } from "./websocket.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;
/** In v5, a message of this channel names a channel that the client has closed. */
const CLOSE = 255;

/** Protocols in which the status is JSON; in older ones it is the text of an error. */
const JSON_STATUS = /^v[45]\./;

/** The subprotocols of exec and attach. */
export const COMMAND_PROTOCOLS: readonly string[] = [
  "v5.channel.k8s.io",
  ...CHANNEL_PROTOCOLS,
  "channel.k8s.io",
  "base64.channel.k8s.io",
];

export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** How a command ended, as a Kubernetes Status. */
export interface CommandStatus {
  readonly status: "Success" | "Failure";
  readonly message?: string;
}

/**
 * Runs the command with the streams of the client, sends its status and closes the connection. Aborts the streams'
 * signal when the client disconnects. Resolves when the connection has ended. `run` must not reject.
 */
export async function serveCommand(
  socket: WebSocket,
  { protocol, wanted }: { readonly protocol: string; readonly wanted: WantedStreams },
  run: (streams: ClientStreams) => Promise<CommandStatus>,
): Promise<void> {
  const channels = new ChannelSocket(socket, protocol);
  const gone = new AbortController();
  const stdin = new Inbox();
  const terminal = new Terminal();
  const sink =
    (channel: number): Sink =>
    (chunk) =>
      channels.send(channel, chunk);
  const hasStderr = wanted.stderr && !wanted.tty;
  const running = run({
    stdin: wanted.stdin ? stdin : undefined,
    stdout: wanted.stdout ? sink(STDOUT) : undefined,
    stderr: hasStderr ? sink(STDERR) : undefined,
    terminal: wanted.tty ? terminal : undefined,
    signal: gone.signal,
  });
  // Some clients take the first message as the start of the command.
  void channels.send(wanted.stdout ? STDOUT : hasStderr ? STDERR : STATUS, Buffer.alloc(0));
  const ended = running.then(async (status) => {
    stdin.destroy();
    const text = JSON_STATUS.test(protocol)
      ? JSON.stringify(status)
      : status.status === "Failure"
        ? status.message
        : "";
    if (text) await channels.send(STATUS, Buffer.from(text));
    socket.close();
  });
  for await (const { channel, data } of channels.messages()) {
    if (channel === STDIN && wanted.stdin) await stdin.add(data);
    else if (channel === RESIZE && wanted.tty) resize(terminal, data);
    else if (channel === CLOSE && data[0] === STDIN) stdin.end();
  }
  stdin.end();
  gone.abort();
  await ended;
}

/** Ignores malformed sizes, as Kubernetes does. */
function resize(terminal: Terminal, data: Buffer): void {
  try {
    const given = Object.entries(fieldsOf(JSON.parse(data.toString("utf8"))));
    // As Go reads JSON: clients write the names in either case.
    const { width: columns, height: rows } = Object.fromEntries(given.map(([name, it]) => [name.toLowerCase(), it]));
    if (isLength(columns) && isLength(rows)) terminal.resize({ columns, rows });
  } catch {}
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 16;
}
