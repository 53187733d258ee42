// The plain and the JSON interface of a session: one line per happening. Plain lines are chatter on stderr, JSON lines are data on stdout.

import { doorsOf, reachOf } from "../../client/reach.ts";
import type { Happening } from "../narration/happening.ts";
import { narrate } from "../narration/narrate.ts";
import { makeNarrator } from "../narration/narrator.ts";
import { plainText } from "../narration/plain-text.ts";
import { ingressUrl, isSeenFromElsewhere, type RunningSession } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";

export interface SessionUi {
  tell(happening: Happening): void;
  /** One line of chatter: logs, a build's output. */
  say(line: string): void;
  /** Follows the session until aborted. */
  follow(session: RunningSession, signal: AbortSignal): Promise<void>;
}

/** How one happening is written. */
function writer(kind: "plain" | "json", terminal: Terminal): (happening: Happening) => void {
  if (kind === "plain") return (happening) => terminal.say(plainText(happening, terminal));
  return (happening) => terminal.print(JSON.stringify({ time: new Date().toISOString(), ...happening }));
}

export function makeLineUi(kind: "plain" | "json", terminal: Terminal): SessionUi {
  const tell = writer(kind, terminal);
  return {
    tell,
    say: (line) => terminal.say(line),
    follow({ emulator }, signal) {
      const isElsewhere = isSeenFromElsewhere(emulator.ingress);
      const narrator = makeNarrator({
        addressOf: (namespace, name) => {
          const address = isElsewhere ? undefined : emulator.serviceAddress(namespace, name);
          return address && `http://${address.host}:${address.port}`;
        },
        reachOf: (url) => reachOf(url, doorsOf(ingressUrl(emulator.ingress), emulator.https)),
      });
      return narrate({ client: emulator.client, narrator, signal, tell });
    },
  };
}
