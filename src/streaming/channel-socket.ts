// Multiplexes channels over a WebSocket: each message begins with the number of its channel.
// @see kubernetes apimachinery pkg/util/httpstream/wsstream
import type { WebSocket } from "./websocket.ts";

/** The subprotocols that exec, attach and port-forward have in common. */
export const CHANNEL_PROTOCOLS: readonly string[] = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

const DIGIT_ZERO = 0x30;
/** How many channels the ASCII characters from `0` can name. */
export const MAX_CHANNELS = 0x80 - DIGIT_ZERO;

interface ChannelMessage {
  readonly channel: number;
  readonly data: Buffer;
}

export class ChannelSocket {
  readonly #socket: WebSocket;
  /** The channel is one character, counted from `0`, and the data are base64. */
  readonly #isText: boolean;

  constructor(socket: WebSocket, protocol: string) {
    this.#socket = socket;
    this.#isText = protocol.includes("base64");
  }

  /** Yields the messages of the client. Ends with the connection. Ignores empty messages. */
  async *messages(): AsyncGenerator<ChannelMessage> {
    for await (const message of this.#socket.messages()) {
      const [first] = message;
      if (first === undefined) continue;
      const data = message.subarray(1);
      if (this.#isText) yield { channel: first - DIGIT_ZERO, data: Buffer.from(data.toString("latin1"), "base64") };
      else yield { channel: first, data };
    }
  }

  /** `channel`: below {@link MAX_CHANNELS}. Resolves when the client can take more, or is gone. */
  send(channel: number, data: Buffer): Promise<void> {
    if (this.#isText) return this.#socket.send(String.fromCharCode(DIGIT_ZERO + channel) + data.toString("base64"));
    return this.#socket.send(Buffer.concat([Buffer.of(channel), data]));
  }
}
