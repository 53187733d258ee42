// Prints the progress of a session: plain text to stderr, or one JSON object per line to stdout.

import { gatewayPortsOf, reachOf } from "../../client/reach.ts";
import { eventLine } from "../output/complain.ts";
import { followSession } from "../progress/follow-session.ts";
import type { ProgressEvent } from "../progress/progress-event.ts";
import { ProgressTracker } from "../progress/progress-tracker.ts";
import { renderPlain } from "../progress/render-plain.ts";
import { ingressUrl, isSeenFromElsewhere, type RunningSession } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";

export interface SessionUi {
  render(event: ProgressEvent): void;
  /** Shows a line that does not come from a progress event, such as a log record. */
  say(line: string): void;
  /** Follows the session until aborted. */
  follow(session: RunningSession, signal: AbortSignal): Promise<void>;
}

/** `endsOnFailure`: the session ends with its first failure, as in `ci`. */
export function makeLineUi(kind: "plain" | "json", terminal: Terminal, endsOnFailure = false): SessionUi {
  if (kind === "json") terminal.errors.format = "event";
  const render = (event: ProgressEvent): void => {
    if (kind === "plain") terminal.say(renderPlain(event, terminal));
    else terminal.print(eventLine(event));
  };
  return {
    render,
    say: (line) => terminal.say(line),
    follow({ emulator }, signal) {
      const isElsewhere = isSeenFromElsewhere(emulator.ingress);
      const tracker = new ProgressTracker({
        endsOnFailure,
        failuresAtEnd: endsOnFailure && kind === "plain",
        addressOf: (namespace, name) => {
          const address = isElsewhere ? undefined : emulator.serviceAddress(namespace, name);
          return address && `http://${address.host}:${address.port}`;
        },
        reachOf: (url) => reachOf(url, gatewayPortsOf(ingressUrl(emulator.ingress), emulator.https)),
      });
      return followSession({ client: emulator.client, tracker, signal, render });
    },
  };
}
