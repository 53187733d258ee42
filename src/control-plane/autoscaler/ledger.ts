// Stores the newest decisions about a revision's scale, for explanations. Merges repeated decisions into one entry.
import type { DecisionRecord } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";

export type LedgerEntry = DecisionRecord & {
  /** When the decision was last repeated. */
  readonly until: Time;
  readonly count: number;
};

const CAPACITY = 64;

/** Keeps the newest {@link CAPACITY} entries. */
export class Ledger {
  #entries: LedgerEntry[] = [];

  /** Adds a decision. If rule and result equal those of the last entry with the same source, extends that entry. */
  add(decision: DecisionRecord): void {
    const index = this.#entries.findLastIndex(({ source }) => source === decision.source);
    const last = this.#entries[index];
    if (last && last.rule === decision.rule && last.to === decision.to) {
      const { at, from, count } = last;
      this.#entries[index] = { ...decision, at, from, until: decision.at, count: count + 1 };
      return;
    }
    this.#entries.push({ ...decision, until: decision.at, count: 1 });
    if (this.#entries.length > CAPACITY) this.#entries.shift();
  }

  /** Oldest first. */
  entries(): readonly LedgerEntry[] {
    return [...this.#entries];
  }
}
