// The memory that explain reads: the last decisions of a revision, repeats folded together. Bounded; it never decides.
import type { DecisionNote } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";

/** A decision and how long it has been made again and again. */
export interface LedgerEntry extends DecisionNote {
  readonly until: Time;
  readonly count: number;
}

const CAPACITY = 64;

/** A ring of {@link LedgerEntry}, oldest first. */
export class Ledger {
  #entries: LedgerEntry[] = [];

  /** Notes a decision. The same rule with the same outcome as the last note of its kind extends that one, with the newest facts. */
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

  entries(): readonly LedgerEntry[] {
    return [...this.#entries];
  }
}
