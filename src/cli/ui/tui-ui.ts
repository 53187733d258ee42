// Shows a session in the terminal UI. This file loads ink and react, so callers import it only if the user chose it.

import { redacted } from "../../base/redact.ts";
import { showTui } from "../../tui/show-tui.tsx";
import type { ProgressEvent } from "../progress/progress-event.ts";
import { renderPlain } from "../progress/render-plain.ts";
import { ingressUrl } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";
import type { SessionUi } from "./line-ui.ts";

/** Events that the screen reads from the API. Other events appear in its bottom line, and again after it closes. */
const SHOWN_BY_TUI: ReadonlySet<ProgressEvent["type"]> = new Set([
  "session",
  "ready",
  "failed",
  "deleted",
  "scaled",
  "woke",
  "event",
  "applied",
]);

/** How many log and build lines are printed again after the screen closes. */
const KEPT_LINES = 100;

export function makeTuiUi(terminal: Terminal): SessionUi {
  const keptNotices: string[] = [];
  const keptLines: string[] = [];
  let isClosed = false;
  let show = (_text: string, _pinned?: boolean): void => {};
  let addNotice = (_text: string): void => {};
  /** File errors of the current turn. The bottom line shows the first and their count. */
  const fileErrors: string[] = [];
  const showFileError = (text: string): void => {
    if (fileErrors.push(text.split("\n")[0] ?? "") > 1) return;
    queueMicrotask(() => {
      const [first = "", ...others] = fileErrors.splice(0);
      show(others.length === 0 ? first : `${first} (and ${others.length} more)`, true);
    });
  };
  return {
    render(event) {
      if (SHOWN_BY_TUI.has(event.type)) return;
      const text = redacted(renderPlain(event, { paint: (_, plain) => plain }));
      const failed = event.type === "file" || (event.type === "build" && event.phase === "failed");
      if (failed || event.type === "notice") {
        keptNotices.push(text);
        addNotice(text);
      }
      if (event.type === "file") showFileError(text);
      else show(text.split("\n")[0] ?? "", failed);
    },
    say(text) {
      const line = redacted(text);
      // Writing to the terminal while the screen is open would damage the screen.
      if (isClosed) return terminal.say(line);
      keptLines.push(line);
      if (keptLines.length > KEPT_LINES) keptLines.shift();
      show(line);
    },
    async follow({ emulator }, signal) {
      await showTui({
        client: emulator.client,
        title: { ingress: ingressUrl(emulator.ingress), runtime: emulator.runtime },
        stdin: terminal.stdin as NodeJS.ReadStream,
        stdout: terminal.stdout as NodeJS.WriteStream,
        signal,
        onQuit: () => terminal.interrupts.interrupt(),
        onOpen: (screen) => {
          show = screen.showMessage;
          addNotice = screen.addNotice;
          for (const notice of keptNotices) addNotice(notice);
          show(keptNotices.at(-1)?.split("\n")[0] ?? "");
        },
      });
      show = (text) => terminal.say(text);
      addNotice = () => {};
      for (const text of [...keptLines, ...keptNotices]) terminal.say(text);
      isClosed = true;
    },
  };
}
