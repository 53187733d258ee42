// Explains a scale that follows from traffic in one sentence, for example "stays at 2: panic until 12:04:30 (…)".
import type { ScaleDecision } from "./decide.ts";
import { durationText } from "./duration-text.ts";
import type { ExplainContext } from "./explain-objects.ts";
import { DECIDE_EVERY_MS } from "./periods.ts";

/** If no statistics reported traffic for this long, no request is in flight. */
const RECENT_MS = 3000;

/** Returns the reason as a sentence. `stays`: the beginning of the sentence. */
export function reasonOfDecider(context: ExplainContext, stays: string): string {
  const { decider, now, at } = context;
  const { spec, last, state, burst } = decider;
  if (!last)
    return `${stays}: nothing is decided yet; the first decision is due at ${at(decider.createdAt + DECIDE_EVERY_MS)}`;
  const { trace, result } = last;
  const unit = spec.metric === "rps" ? "requests/s" : "in flight";
  const stable = `${round(trace.stable)} ${unit} over ${durationText(spec.stableWindowMs)}, target ${round(spec.targetValue)}`;
  switch (trace.rule) {
    case "no-data":
      return `${stays}: no statistics in the window of ${durationText(spec.stableWindowMs)}, so the scale does not change`;
    case "panic":
    case "panic-holds": {
      const until = at((state.panicTime ?? now) + spec.stableWindowMs);
      const why = burst
        ? ` (burst of ${round(burst.panic)} at ${at(burst.at)}, target ${round(spec.targetValue)}, ${burst.readyPods} ready)`
        : "";
      return `${stays}: panic until ${until}${why}`;
    }
    case "scale-down-delay":
      return `${stays}: scale-down-delay of ${durationText(spec.scaleDownDelayMs)}; traffic needs ${trace.undelayed}`;
    case "max-scale-up-rate":
      return `${stays}: max-scale-up-rate ${spec.maxScaleUpRate} allows ${trace.undelayed} from ${Math.max(1, trace.readyPods)}; traffic needs ${trace.stableWant}`;
    case "max-scale-down-rate":
      return `${stays}: max-scale-down-rate ${spec.maxScaleDownRate} allows ${trace.undelayed} from ${trace.readyPods}; traffic needs ${trace.stableWant}`;
    case "activation-scale":
      return `${stays}: activation-scale ${spec.activationScale}; traffic needs ${trace.stableWant}`;
    default:
      return result.desiredScale === 0 ? idle(context, stays) : `${stays}: ${busy(context, last, stable)}`;
  }
}

function idle({ decider, now, replicas }: ExplainContext, stays: string): string {
  const { traffic } = decider;
  const since = traffic ? `no request for ${durationText(now - traffic.lastBusy)}` : "no request yet";
  return replicas === 0 ? `${stays}: ${since}; the next one wakes it` : `${stays}: ${since}; goes to zero now`;
}

function busy({ decider, now, zeroAt, at }: ExplainContext, { trace }: ScaleDecision, stable: string): string {
  const { traffic, spec } = decider;
  if (!traffic) return stable;
  const quietMs = now - traffic.lastBusy;
  if (quietMs > RECENT_MS) {
    const window = `last request ${durationText(quietMs)} ago, window ${durationText(spec.stableWindowMs)}`;
    return zeroAt === undefined ? window : `${window}; zero at ${at(zeroAt)} if nothing comes`;
  }
  const open = traffic.lastRequest === undefined || now - traffic.lastRequest > RECENT_MS;
  return open
    ? `${stable}; ${round(trace.panic)} of it in open requests, no new request for ${durationText(now - (traffic.lastRequest ?? now))}`
    : stable;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
