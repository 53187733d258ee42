// The terminal UI as a session's interface. Everything of ink is behind this import, so that nothing of it loads elsewhere.
import type { Terminal } from "../terminal.ts";
import type { SessionUi } from "./line-ui.ts";

export function makeTuiUi(terminal: Terminal): SessionUi {
  return {
    tell: () => {},
    follow: async (_session, signal) => {
      terminal.say("the terminal UI is not built yet");
      if (!signal.aborted) await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
    },
  };
}
