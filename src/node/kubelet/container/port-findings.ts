// Finds out why a running container does not answer on its port.
import { servingPort } from "../../../apis/core/pod.ts";
import type { ListeningSocket } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";
import type { WatchedStart } from "../pod/pod-events.ts";
import { queueProxyFacts } from "../pod/reduce-pod.ts";

export interface PortFinding {
  /** undefined: the finding becomes an Event only, because the container may still become ready. */
  readonly reason?: "LoopbackOnly" | "PortMismatch";
  readonly message: string;
}

const EVERY_MS = 2_000;
/** Apps may open debug and metrics ports first, so another port is a mismatch only after this time. */
const MISMATCH_AFTER_MS = 4_000;

/** `port`: the expected port. `assigned`: whether the runtime chose it and passed it as PORT. */
export function judgeListeners(
  listeners: readonly ListeningSocket[],
  port: number,
  assigned: boolean,
): PortFinding | undefined {
  const right = listeners.find((listener) => listener.port === port);
  if (right) {
    // With an assigned port, the container is a process of this machine, and knap reaches it on loopback.
    if (!right.loopback || assigned) return undefined;
    return {
      reason: "LoopbackOnly",
      message: `listens on 127.0.0.1:${port} only: works in a cluster; here bind 0.0.0.0, or use --runtime process`,
    };
  }
  const others = listeners.map((listener) => listener.port).join(", ");
  if (assigned) {
    if (others === "") return { message: `nothing listens on PORT=${port} yet` };
    return { reason: "PortMismatch", message: `listens on ${others}, not on PORT=${port}; use PORT or Docker` };
  }
  if (others === "") return { message: `nothing listens on port ${port} yet` };
  return { message: `listens on ${others}, not on ${port}: set containerPort, or listen on PORT` };
}

/** Checks the sockets every 2 s until the queue-proxy opens. Reports each finding that differs from the last. */
export function watchPortFindings({ runtime, nodeClock: clock }: NodeParts, start: WatchedStart): Disposable {
  const { pod, containerId, addressOf, report } = start;
  const { assignsPort } = runtime.capabilities;
  const began = clock.now();
  let closed = false;
  let reported = "";
  let timer = clock.at(began + EVERY_MS, () => check());
  const check = async (): Promise<void> => {
    const listeners = await runtime.listeners(containerId).catch(() => undefined);
    if (closed || listeners === undefined || queueProxyFacts(pod.facts)) return;
    const declared = servingPort(pod.facts.pod);
    const port = assignsPort ? addressOf(declared)?.port : declared;
    if (port === undefined) return;
    const finding = judgeListeners(listeners, port, assignsPort);
    const early = finding?.reason === "PortMismatch" && clock.now() < began + MISMATCH_AFTER_MS;
    if (finding && !early && finding.message !== reported) {
      reported = finding.message;
      report({ type: "portFinding", ...finding });
    }
    timer = clock.at(clock.now() + EVERY_MS, () => check());
  };
  return {
    [Symbol.dispose]: () => {
      closed = true;
      timer[Symbol.dispose]();
    },
  };
}
