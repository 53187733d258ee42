// Ends a session in order after an uncaught error: Node's default would leave its processes and containers running.
import { errorDetails, errorText } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { CliError, complaintText } from "../cli-error.ts";
import type { Interrupts } from "../terminal.ts";

/** In-flight requests get 5 s and containers their stop timeout, 10 s by default. Then the stop is forced. */
const FORCE_AFTER_MS = 20_000;
/** A stop that takes longer hangs. The next start removes what the session left. */
const EXIT_AFTER_MS = 30_000;

export interface CrashGuard extends Disposable {
  /** Throws a {@link CliError} about the first uncaught error, if there was one. */
  throwIfCrashed(): void;
}

/** Listens for uncaught errors until disposed of. The first one acts like Ctrl-C; every error is logged. */
export function guardAgainstCrashes(log: Logger, interrupts: Interrupts): CrashGuard {
  let crash: CliError | undefined;
  const timers: NodeJS.Timeout[] = [];
  const onError = (error: unknown): void => {
    log.error("uncaught error", { error });
    if (crash !== undefined) return;
    crash = new CliError({
      code: "INTERNAL",
      what: `internal error of knap: ${errorText(error)}; the session was ended`,
      why: errorDetails(error, true),
      fix: "please report it with the lines above",
    });
    const { complaint } = crash;
    timers.push(
      setTimeout(() => interrupts.interrupt(), FORCE_AFTER_MS),
      setTimeout(() => {
        process.stderr.write(complaintText({ ...complaint, verdict: "the session did not stop in time" }));
        process.exit(complaint.exitCode);
      }, EXIT_AFTER_MS),
    );
    interrupts.interrupt();
  };
  const events = ["uncaughtException", "unhandledRejection"] as const;
  for (const event of events) process.on(event, onError);
  return {
    throwIfCrashed: () => {
      if (crash !== undefined) throw crash;
    },
    [Symbol.dispose]: () => {
      for (const event of events) process.off(event, onError);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
