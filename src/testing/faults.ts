// The faults of the test library: injected on demand, ended by the test or by themselves.
import type { Fault, FaultKind } from "../apis/faults/fault.ts";
import type { Client } from "../client/client.ts";
import { clearFaults, type FaultSelection, injectFault, listFaults } from "../client/faults.ts";
import { refusalOf } from "./harness-error.ts";
import { millisecondsOf } from "./milliseconds.ts";
import type { Duration } from "./options.ts";

/** What to inject; docs/faults.md describes the kinds and which settings they take. */
export interface FaultOptions {
  readonly kind: FaultKind;
  /** Whose pods it concerns: a Service, or one Revision. Faults of the session, such as `clock-jump`, have neither. */
  readonly service?: string;
  readonly revision?: string;
  /** Default: the namespace of the session. */
  readonly namespace?: string;
  /** The share of events on which it acts: above 0, at most 100. Default: 100, for `readiness-flap` 50. */
  readonly percent?: number;
  /** It ends after it has acted this often. */
  readonly count?: number;
  /** It ends after this time, by the session's clock. */
  readonly duration?: Duration;
  /** The same seed acts on the same events. Default: 1. */
  readonly seed?: number;
  readonly delay?: Duration;
  /** The HTTP status of `errors`. */
  readonly status?: number;
  /** The name that `dns-failure` concerns. */
  readonly host?: string;
  /** How far `clock-jump` moves the clock: a text such as `-1m`, or milliseconds. */
  readonly by?: Duration;
}

/** A fault that is on until it ends by itself, or by `end`. `await using` ends it too. */
export interface InjectedFault extends Fault, AsyncDisposable {
  /** Ends the fault. Resolves with its last counts, also if it has ended before. */
  end(): Promise<Fault>;
}

export interface HarnessFaults {
  /**
   * Resolves when the fault is on. Throws a {@link HarnessError} that names wrong settings, a missing Service, or why
   * this session cannot do it.
   */
  inject(fault: FaultOptions): Promise<InjectedFault>;
  /** Resolves with the faults that are on, oldest first, with their counts. */
  list(): Promise<readonly Fault[]>;
  /** Ends the faults of a Service or Revision, or all. Resolves with them and their last counts. */
  clear(selection?: FaultSelection): Promise<readonly Fault[]>;
}

/** `open` returns the client of the running session. */
export function makeFaults(open: () => { readonly client: Client; readonly namespace: string }): HarnessFaults {
  const refused = (error: unknown): never => {
    throw refusalOf(error);
  };
  const text = (duration: Duration | undefined): string | undefined =>
    typeof duration === "number" ? `${millisecondsOf(duration)}ms` : duration;
  return {
    async inject({ delay, duration, by, ...rest }) {
      const { client, namespace } = open();
      const target = rest.service === undefined && rest.revision === undefined ? {} : { namespace };
      const times = { delay: text(delay), duration: text(duration), by: typeof by === "number" ? `${by}ms` : by };
      const fault = await injectFault(client, { ...target, ...rest, ...times }).catch(refused);
      const end = async (): Promise<Fault> => {
        const [ended = fault] = await clearFaults(client, { id: fault.id }).catch(refused);
        return ended;
      };
      return { ...fault, end, [Symbol.asyncDispose]: async () => void (await end()) };
    },
    list: () => listFaults(open().client),
    clear: (selection = {}) => clearFaults(open().client, selection).catch(refused),
  };
}
