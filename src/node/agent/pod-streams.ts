// Runs commands of clients in the containers of this node's pods, and connects clients to ports of the pods.
import { connect, type Socket } from "node:net";
import type { PodStreams } from "../../api-server/pod-streams.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import { goErrorText } from "../../data-plane/http/errors.ts";
import type { Handler } from "../../data-plane/http/exchange.ts";
import { openListener } from "../../data-plane/http-server/open-listener.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import type { QueueProxies } from "./queue-proxies.ts";

export interface PodStreamsParts {
  readonly runtime: Pick<ContainerRuntime, "inspect" | "execAttached" | "attach">;
  readonly kubelet: Pick<Kubelet, "containersOf" | "addressOf">;
  readonly queueProxies: Pick<QueueProxies, "ownPortOf">;
}

const LOOPBACK = "127.0.0.1";

export function makePodStreams({ runtime, kubelet, queueProxies }: PodStreamsParts): PodStreams {
  return {
    find: async (pod, container) => {
      const [id] = kubelet.containersOf(keyOf(pod) as ObjectKey<"Pod">, container);
      const state = id === undefined ? undefined : await runtime.inspect(id);
      if (id === undefined || state?.status !== "running") return undefined;
      return {
        exec: (command, streams) => runtime.execAttached(id, command, streams),
        attach: (streams) => runtime.attach(id, streams),
      };
    },
    dial: async (pod, port) => {
      const handler = queueProxies.ownPortOf(pod, port);
      if (handler) return connectTo(handler);
      const address = kubelet.addressOf(keyOf(pod) as ObjectKey<"Pod">, port);
      if (!address) throw new Error("no running container of the pod declares this port, so knap cannot reach it");
      return dial(address, port);
    },
  };
}

/** Connects to a handler, by way of a listener for this connection. */
async function connectTo(handler: Handler): Promise<Socket> {
  const listener = await openListener({ host: LOOPBACK, port: 0, listener: "local", handler });
  const socket = await dial(listener, listener.port);
  socket.once("close", () => void listener.close(0));
  return socket;
}

/** Rejects with Go's error text, which names `podPort`. */
function dial({ host, port }: { readonly host: string; readonly port: number }, podPort: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", ({ code = "", message }: NodeJS.ErrnoException) =>
      reject(new Error(goErrorText(code, message, { host: "localhost", port: podPort }))),
    );
  });
}
