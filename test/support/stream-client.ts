// A WebSocket client of exec, attach and port-forward.
import { WebSocket } from "ws";
import type { ApiRig } from "./api.ts";

/** The path of the pod `default/hello`, which has the containers `app`, `stopped` and `queue-proxy`. */
export const POD = "/api/v1/namespaces/default/pods/hello";
export const EXEC = `${POD}/exec?container=app&command=run&stdin=1&stdout=1&stderr=1`;

/** Creates the pod without running it. */
export function createPod({ store }: ApiRig): void {
  const containers = ["app", "stopped", "queue-proxy"].map((name) => ({ name, image: "example.com/app" }));
  store.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "hello", namespace: "default" },
    spec: { containers },
  });
}

export interface StreamClient {
  readonly socket: WebSocket;
  /** The bytes of each channel. */
  readonly output: Record<number, string>;
  readonly closed: Promise<number>;
}

export function dialStream(
  api: ApiRig,
  path: string,
  protocols: string | string[] = "v5.channel.k8s.io",
  headers = {},
): StreamClient {
  const socket = new WebSocket(api.address.replace("http", "ws") + path, protocols, {
    headers: { authorization: `Bearer ${api.token}`, ...headers },
  });
  const output: Record<number, string> = {};
  socket.on("message", (data: Buffer) => {
    const channel = data[0] as number;
    output[channel] = (output[channel] ?? "") + data.subarray(1).toString();
  });
  const closed = new Promise<number>((resolve, reject) => {
    socket.once("close", resolve).once("error", reject);
    socket.once("unexpected-response", (_, response) => {
      response.resume();
      reject(new Error(String(response.statusCode)));
    });
  });
  closed.catch(() => {});
  return { socket, output, closed };
}

/** Sends once the connection is open. */
export const sendOn = ({ socket }: StreamClient, channel: number, text: string): void => {
  const message = Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
  if (socket.readyState === WebSocket.OPEN) socket.send(message);
  else socket.once("open", () => socket.send(message));
};
