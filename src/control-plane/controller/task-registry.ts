// All tasks there are: one for each reconciler and object. It runs none of them.
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { Reconciler } from "./reconciler.ts";
import { makeTask, type Task } from "./task.ts";

/** Finds tasks without making a text for each look: it is asked for every watch event. */
export class TaskRegistry {
  /** By reconciler, namespace and name. */
  readonly #tasks: ReadonlyMap<Reconciler, Map<string, Map<string, Task>>>;
  readonly #ranks: ReadonlyMap<Reconciler, number>;

  /** Whoever stands earlier among the reconcilers goes first. */
  constructor(reconcilers: readonly Reconciler[]) {
    this.#tasks = new Map(reconcilers.map((reconciler) => [reconciler, new Map<string, Map<string, Task>>()]));
    this.#ranks = new Map(reconcilers.map((reconciler, rank) => [reconciler, rank]));
  }

  /** The task of this reconciler for this object, made when it is not there yet. */
  of(reconciler: Reconciler, key: ObjectKey): Task {
    const home = this.#homeOf(reconciler, key.namespace);
    const known = home.get(key.name);
    if (known) return known;
    const task = makeTask(reconciler, this.#ranks.get(reconciler) ?? 0, key);
    home.set(key.name, task);
    return task;
  }

  has(task: Task): boolean {
    return this.#tasks.get(task.reconciler)?.get(task.key.namespace)?.get(task.key.name) === task;
  }

  drop(task: Task): void {
    this.#tasks.get(task.reconciler)?.get(task.key.namespace)?.delete(task.key.name);
  }

  /** In no order. */
  all(): readonly Task[] {
    return [...this.#tasks.values()].flatMap((homes) => [...homes.values()].flatMap((home) => [...home.values()]));
  }

  #homeOf(reconciler: Reconciler, namespace: string): Map<string, Task> {
    const homes = this.#tasks.get(reconciler);
    const home = homes?.get(namespace) ?? new Map<string, Task>();
    homes?.set(namespace, home);
    return home;
  }
}
