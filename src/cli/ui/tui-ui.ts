// The terminal UI as a session's interface. Everything of ink is behind this import, so that nothing of it loads elsewhere.

import { showTui } from "../../tui/show-tui.tsx";
import type { Happening } from "../narration/happening.ts";
import { plainText } from "../narration/plain-text.ts";
import { ingressUrl } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";
import type { SessionUi } from "./line-ui.ts";

/** Happenings that the screen shows by itself; others get the line at its bottom, and are said again when the screen is back. */
const SHOWN_BY_ITSELF: ReadonlySet<Happening["type"]> = new Set([
  "session",
  "ready",
  "failed",
  "deleted",
  "scaled",
  "woke",
  "event",
  "applied",
]);

/** Lines of logs and builds that are said again. */
const KEPT_CHATTER = 100;

export function makeTuiUi(terminal: Terminal): SessionUi {
  const said: string[] = [];
  const chatter: string[] = [];
  let isBack = false;
  /** What is wrong in the files comes all at once; the line holds the first. */
  const wrong: string[] = [];
  const sayAll = (text: string): void => {
    if (wrong.push(text.split("\n")[0] ?? "") > 1) return;
    queueMicrotask(() => {
      const [first = "", ...others] = wrong.splice(0);
      say(others.length === 0 ? first : `${first} (and ${others.length} more)`, true);
    });
  };
  let say = (_text: string, _pinned?: boolean): void => {};
  return {
    tell(happening) {
      if (SHOWN_BY_ITSELF.has(happening.type)) return;
      const text = plainText(happening, { paint: (_, plain) => plain });
      const failed = happening.type === "file" || (happening.type === "build" && happening.phase === "failed");
      if (failed || happening.type === "notice") said.push(text);
      if (happening.type === "file") sayAll(text);
      else say(text.split("\n")[0] ?? "", failed);
    },
    say(line) {
      // What is written while the screen is up would be written across it.
      if (isBack) return terminal.say(line);
      chatter.push(line);
      if (chatter.length > KEPT_CHATTER) chatter.shift();
      say(line);
    },
    async follow({ emulator }, signal) {
      await showTui({
        client: emulator.client,
        title: { ingress: ingressUrl(emulator.ingress), runtime: emulator.runtime },
        stdin: terminal.stdin as NodeJS.ReadStream,
        stdout: terminal.stdout as NodeJS.WriteStream,
        signal,
        onQuit: () => terminal.interrupts.interrupt(),
        onOpen: (show) => {
          say = show;
          show(said.at(-1) ?? "");
        },
      });
      say = (text) => terminal.say(text);
      for (const text of [...chatter, ...said]) terminal.say(text);
      isBack = true;
    },
  };
}
