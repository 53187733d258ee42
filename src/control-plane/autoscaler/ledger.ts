// Stores the last decisions of a revision for explanations. Repeated decisions are merged into one entry.
import type { DecisionNote } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";

export interface LedgerEntry extends DecisionNote {
  /** When the decision was last repeated. */
  readonly until: Time;
  readonly count: number;
}

const CAPACITY = 64;

/** Keeps the newest {@link CAPACITY} entries. */
export class Ledger {
  #entries: LedgerEntry[] = [];

  /** Adds a decision. If rule and result equal those of the last entry by the same component, extends that entry. */
  note(note: DecisionNote): void {
    const at = this.#entries.findLastIndex((entry) => entry.facts["by"] === note.facts["by"]);
    const last = this.#entries[at];
    if (last && last.rule === note.rule && last.to === note.to) {
      this.#entries[at] = { ...last, facts: note.facts, until: note.at, count: last.count + 1 };
      return;
    }
    this.#entries.push({ ...note, until: note.at, count: 1 });
    if (this.#entries.length > CAPACITY) this.#entries.shift();
  }

  /** Oldest first. */
  entries(): readonly LedgerEntry[] {
    return [...this.#entries];
  }
}
