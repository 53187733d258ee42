// Explains a scale that follows from traffic in one sentence, for example "stays at 2: panic until 12:04:30 (…)".
import type { ScaleDecision } from "./decide.ts";
import { DECIDE_EVERY_MS } from "./periods.ts";
import type { Scene } from "./scene.ts";
import { span } from "./span.ts";

/** If no statistics reported traffic for this long, no request is in flight. */
const RECENT_MS = 3000;

/** `stays`: the beginning of the sentence. */
export function reasonOfDecider(scene: Scene, stays: string): string {
  const { decider, now, at } = scene;
  const { spec, last, state, burst } = decider;
  if (!last)
    return `${stays}: nothing is decided yet; the first decision is due at ${at(decider.createdAt + DECIDE_EVERY_MS)}`;
  const { trace, result } = last;
  const unit = spec.metric === "rps" ? "requests/s" : "in flight";
  const stable = `${round(trace.stable)} ${unit} over ${span(spec.stableWindowMs)}, target ${round(spec.targetValue)}`;
  switch (trace.rule) {
    case "no-data":
      return `${stays}: no statistics in the window of ${span(spec.stableWindowMs)}, so the scale does not change`;
    case "panic":
    case "panic-holds": {
      const until = at((state.panicTime ?? now) + spec.stableWindowMs);
      const why = burst
        ? ` (burst of ${round(burst.panic)} at ${at(burst.at)}, target ${round(spec.targetValue)}, ${burst.readyPods} ready)`
        : "";
      return `${stays}: panic until ${until}${why}`;
    }
    case "scale-down-delay":
      return `${stays}: scale-down-delay of ${span(spec.scaleDownDelayMs)}; traffic needs ${trace.undelayed}`;
    case "max-scale-up-rate":
      return `${stays}: max-scale-up-rate ${spec.maxScaleUpRate} allows ${trace.undelayed} from ${Math.max(1, trace.readyPods)}; traffic needs ${trace.stableWant}`;
    case "max-scale-down-rate":
      return `${stays}: max-scale-down-rate ${spec.maxScaleDownRate} allows ${trace.undelayed} from ${trace.readyPods}; traffic needs ${trace.stableWant}`;
    case "activation-scale":
      return `${stays}: activation-scale ${spec.activationScale}; traffic needs ${trace.stableWant}`;
    default:
      return result.desiredScale === 0 ? idle(scene, stays) : `${stays}: ${busy(scene, last, stable)}`;
  }
}

function idle({ decider, now, replicas }: Scene, stays: string): string {
  const { traffic } = decider;
  const since = traffic ? `no request for ${span(now - traffic.lastBusy)}` : "no request yet";
  return replicas === 0 ? `${stays}: ${since}; the next one wakes it` : `${stays}: ${since}; goes to zero now`;
}

function busy({ decider, now, zeroAt, at }: Scene, { trace }: ScaleDecision, stable: string): string {
  const { traffic, spec } = decider;
  if (!traffic) return stable;
  const quietMs = now - traffic.lastBusy;
  if (quietMs > RECENT_MS) {
    const window = `last request ${span(quietMs)} ago, window ${span(spec.stableWindowMs)}`;
    return zeroAt === undefined ? window : `${window}; zero at ${at(zeroAt)} if nothing comes`;
  }
  const open = traffic.lastRequest === undefined || now - traffic.lastRequest > RECENT_MS;
  return open
    ? `${stable}; ${round(trace.panic)} of it in open requests, no new request for ${span(now - (traffic.lastRequest ?? now))}`
    : stable;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
