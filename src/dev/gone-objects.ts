// Objects whose file is gone. They stay for a moment: an editor's way of saving may be to delete and write anew.
import { keyOf, keyText, type ObjectKey } from "../apis/kinds.ts";
import type { Time } from "../base/clock.ts";
import type { Project } from "../project/project.ts";

/** How long an object outlives its file. */
export const DELETE_GRACE_MS = 2000;

const keysOf = ({ objects }: Project): ReadonlyMap<string, ObjectKey> =>
  new Map(objects.map((object) => [keyText(keyOf(object)), keyOf(object)]));

/** Compares one project after the other. It deletes nothing itself. */
export class GoneObjects {
  #known: ReadonlyMap<string, ObjectKey>;
  readonly #missing = new Map<string, { readonly key: ObjectKey; readonly since: Time }>();

  constructor(project: Project) {
    this.#known = keysOf(project);
  }

  /** Objects to be deleted now; `waiting`: others are missing and may have to be soon. */
  compare(next: Project, now: Time): { readonly due: readonly ObjectKey[]; readonly waiting: boolean } {
    const kept = keysOf(next);
    for (const [text, key] of this.#known) {
      if (!kept.has(text) && !this.#missing.has(text)) this.#missing.set(text, { key, since: now });
    }
    this.#known = kept;
    const due: ObjectKey[] = [];
    for (const [text, { key, since }] of this.#missing) {
      const isDue = now - since >= DELETE_GRACE_MS;
      if (isDue) due.push(key);
      if (isDue || kept.has(text)) this.#missing.delete(text);
    }
    return { due: due.filter((key) => !kept.has(keyText(key))), waiting: this.#missing.size > 0 };
  }
}
