// Runs the work of `up` and `ci` in a new session, shows the session's progress, and stops the session at the end.
import type { Logger } from "../../base/logger.ts";
import type { Terminal } from "../terminal.ts";
import type { SessionUi } from "../ui/line-ui.ts";
import { guardAgainstCrashes } from "./crash-guard.ts";
import { type RunningSession, type SessionStart, startSession } from "./start-session.ts";

/** Resolves or rejects as `work` does, once the session has stopped. After an uncaught error it rejects with that. */
export async function runSession<T>(
  start: SessionStart & { readonly log: Logger; readonly ui: SessionUi },
  terminal: Terminal,
  work: (session: RunningSession) => Promise<T>,
): Promise<T> {
  using guard = guardAgainstCrashes(start.log, terminal.interrupts);
  try {
    return await runStarted(await startSession(start, terminal), start.ui, work);
  } finally {
    guard.throwIfCrashed();
  }
}

async function runStarted<T>(
  session: RunningSession,
  ui: SessionUi,
  work: (session: RunningSession) => Promise<T>,
): Promise<T> {
  const followed = new AbortController();
  const following = ui.follow(session, followed.signal);
  try {
    for (const text of session.emulator.notices) ui.render({ type: "notice", text });
    return await work(session);
  } finally {
    followed.abort();
    await following;
    await session.stop();
  }
}
