// Why a running container does not answer on its port: it listens on loopback only, on another port, or nowhere. Looks, and says; changes nothing.
import type { Clock } from "../../../base/clock.ts";
import type { ContainerRuntime, ListeningSocket } from "../../runtime/runtime.ts";

export interface PortFinding {
  /** undefined: only worth a word in the event, not a verdict. */
  readonly reason?: "LoopbackOnly" | "PortMismatch";
  readonly message: string;
}

const FIRST_LOOK_MS = 2_000;
const NEXT_LOOK_MS = 2_000;
/** A port that is not the right one counts only when no other follows for this long: apps open debug and metrics ports first. */
const MISMATCH_AFTER_MS = 4_000;

/** Judges what a container listens on. `port`: where it should; `assigned`: the runtime chose it (PORT). */
export function judgeListeners(
  listeners: readonly ListeningSocket[],
  port: number,
  assigned: boolean,
): PortFinding | undefined {
  const right = listeners.find((listener) => listener.port === port);
  // A process that listens on 127.0.0.1 is reached there.
  if (right) {
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

/** Looks every 2 s until disposed or until the port is found; reports what it finds each time that changes. */
export function watchPortFindings(options: {
  readonly runtime: ContainerRuntime;
  readonly containerId: string;
  readonly port: () => number | undefined;
  readonly clock: Clock;
  readonly onFinding: (finding: PortFinding) => void;
}): Disposable {
  const { runtime, containerId, port, clock, onFinding } = options;
  const began = clock.now();
  let closed = false;
  let said = "";
  let timer = clock.at(began + FIRST_LOOK_MS, () => void look());
  const look = async (): Promise<void> => {
    const listeners = await runtime.listeners(containerId).catch(() => undefined);
    const wanted = port();
    if (closed || listeners === undefined || wanted === undefined) return;
    const finding = judgeListeners(listeners, wanted, runtime.capabilities.assignsPort);
    const early = finding?.reason === "PortMismatch" && clock.now() < began + MISMATCH_AFTER_MS;
    if (finding && !early && finding.message !== said) {
      said = finding.message;
      onFinding(finding);
    }
    timer = clock.at(clock.now() + NEXT_LOOK_MS, () => void look());
  };
  return {
    [Symbol.dispose]: () => {
      closed = true;
      timer[Symbol.dispose]();
    },
  };
}
