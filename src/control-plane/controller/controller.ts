// Runs all reconcilers: watches the store, queues changed objects, calls reconcilers and writes their plans. Works in
// short slices, so that the event loop is not blocked.
import type { Kind } from "../../apis/kinds.ts";
import { keyText, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../apis/meta/object.ts";
import { errorText } from "../../base/errors.ts";
import type { WatchEvent } from "../store/view.ts";
import { applyStatus, applyWrites } from "./apply-plan.ts";
import type { ControllerOptions } from "./controller-options.ts";
import { Derivations } from "./derivations.ts";
import { EventRecorder } from "./event-recorder.ts";
import { Inquiries } from "./inquiries.ts";
import { defaultBackoffMs, RateLimiter } from "./rate-limiter.ts";
import type { Inquiry, Plan, Reconciler, World } from "./reconciler.ts";
import { dropTimers, recordRefusals, type Task, TaskRegistry } from "./task.ts";
import { ownerKey, versionsToMap } from "./watch-mapping.ts";
import { WorkQueue } from "./work-queue.ts";

/** A reconciler whose newest run for an object failed. */
export interface ReconcileFailure {
  readonly reconciler: string;
  readonly key: ObjectKey;
  readonly error: string;
}

/** A request takes several turns of the event loop and can wait for a slice in each turn, so slices are short. */
const SLICE_MS = 1;
/** The number of tasks of a slice if `elapsedMs` is absent. */
const SLICE_TASKS = 50;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #byKind = new Map<Kind, Reconciler[]>();
  readonly #withWatches: readonly Reconciler[];
  readonly #queue = new WorkQueue<Task>();
  readonly #tasks: TaskRegistry;
  readonly #derivations = new Derivations();
  readonly #inquiries: Inquiries;
  readonly #recorder: EventRecorder;
  readonly #rateLimiter: RateLimiter;
  /** Each slice makes a new one. */
  #world: World | undefined;
  /** The task that runs. `World.refusal` reads its refusals. */
  #current: Task | undefined;
  #watch: Disposable | undefined;
  /** The task whose status write the watch has not reported yet. */
  #writer: Task | undefined;
  /** The number of tasks left in this round. Garbage is collected between rounds. */
  #roundLeft = 0;
  #scheduled = false;
  #running = false;
  #stopped = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    for (const reconciler of options.reconcilers) {
      this.#byKind.set(reconciler.kind, [...(this.#byKind.get(reconciler.kind) ?? []), reconciler]);
    }
    this.#tasks = new TaskRegistry(options.reconcilers);
    this.#withWatches = options.reconcilers.filter((reconciler) => reconciler.watches !== undefined);
    this.#inquiries = new Inquiries(options.inquire, (task) => this.#add(task));
    this.#recorder = new EventRecorder(options.store, options.clock);
    this.#rateLimiter = new RateLimiter({
      clock: options.clock,
      log: options.log,
      add: (task) => this.#add(task),
      backoffMs: options.backoffMs ?? defaultBackoffMs,
    });
  }

  /** Watches the store and enqueues every object. */
  start(): void {
    this.#watch = this.#options.store.watch({}, (event) => this.#onEvent(event));
    this.resync();
  }

  /** Enqueues an object for all reconcilers of its kind. */
  enqueue(key: ObjectKey): void {
    this.#enqueueAll(key);
  }

  /** Enqueues every object. */
  resync(): void {
    for (const reconciler of this.#options.reconcilers) {
      for (const { metadata } of this.#options.store.list(reconciler.kind) as readonly AnyObject[]) {
        const { namespace = "", name } = metadata;
        this.#enqueue(reconciler, { kind: reconciler.kind, namespace, name });
      }
    }
    this.#schedule();
  }

  /** Drops the answer to a question; the tasks that asked run again. */
  forget(question: Inquiry): void {
    this.#inquiries.forget(question);
  }

  /** Runs until the queue is empty. The loop always ends, because the rate limiter delays tasks that run too often. */
  settle(): void {
    if (this.#running) return;
    this.#world = this.#makeWorld();
    while (this.#step());
  }

  /** Returns the reconcilers whose newest run failed, in no order. */
  failures(): readonly ReconcileFailure[] {
    return this.#tasks
      .all()
      .flatMap(({ reconciler, key, error }) =>
        error === undefined ? [] : [{ reconciler: reconciler.name, key, error }],
      );
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#watch?.[Symbol.dispose]();
    for (const task of this.#tasks.all()) dropTimers(task);
  }

  #onEvent({ object, old, key }: WatchEvent): void {
    // Only the controller writes Events, and no reconciler handles them.
    if (key.kind === "Event") return;
    // Skip the event caused by this reconciler's own status write.
    const writer = this.#writer;
    this.#writer = undefined;
    this.#enqueueAll(key, writer);
    for (const version of versionsToMap(object, old)) {
      for (const owner of version.metadata.ownerReferences ?? []) {
        if (owner.controller) this.enqueue(ownerKey(key, owner));
      }
      for (const reconciler of this.#withWatches) this.#enqueueWatched(reconciler, version);
    }
    // A removed owner leaves garbage to collect, even if no task is queued.
    this.#schedule();
  }

  #enqueueWatched(reconciler: Reconciler, changed: Stored): void {
    try {
      for (const key of reconciler.watches?.(changed, this.#options.store) ?? []) {
        if (key.kind === reconciler.kind) this.#enqueue(reconciler, key);
        else this.enqueue(key);
      }
    } catch (error) {
      this.#options.log.error("watch mapping failed", { reconciler: reconciler.name, error });
    }
  }

  #enqueueAll(key: ObjectKey, except?: Task): void {
    for (const reconciler of this.#byKind.get(key.kind) ?? []) {
      const task = this.#tasks.of(reconciler, key);
      if (task !== except) this.#add(task);
    }
  }

  #enqueue(reconciler: Reconciler, key: ObjectKey): void {
    this.#add(this.#tasks.of(reconciler, key));
  }

  #add(task: Task): void {
    if (task.throttled || this.#stopped || !this.#tasks.has(task)) return;
    this.#queue.add(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#options.defer(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    if (this.#running || this.#stopped) return;
    const { elapsedMs } = this.#options;
    this.#world = this.#makeWorld();
    const end = (elapsedMs?.() ?? 0) + SLICE_MS;
    for (let done = 1; this.#step(); done++) {
      const over = elapsedMs ? elapsedMs() >= end : done >= SLICE_TASKS;
      if (over) {
        this.#schedule();
        return;
      }
    }
  }

  /** Runs a task, or the garbage collector between two rounds. Returns false if nothing is left to do. */
  #step(): boolean {
    if (this.#stopped) return false;
    if (this.#roundLeft === 0) {
      const collected = this.#collectGarbage();
      this.#roundLeft = this.#queue.size;
      if (this.#roundLeft === 0 && !collected) {
        this.#rateLimiter.startPeriod();
        return false;
      }
      if (this.#roundLeft === 0) return true;
    }
    this.#roundLeft--;
    const task = this.#queue.take();
    if (!task) {
      this.#roundLeft = 0;
      return true;
    }
    this.#running = true;
    try {
      this.#work(task);
    } catch (error) {
      // The reconciler threw, or its plan cannot be written. Other tasks must go on.
      task.error = errorText(error);
      this.#options.log.error("planner threw", { task: task.text, error });
      this.#rateLimiter.retryLater(task);
    } finally {
      this.#running = false;
    }
    return true;
  }

  /** Returns true if the collector wrote or failed. A failure removes one object from the collector's queue. */
  #collectGarbage(): boolean {
    try {
      return this.#options.store.collectGarbage();
    } catch (error) {
      this.#options.log.error("garbage collection failed", { error });
      return true;
    }
  }

  #work(task: Task): void {
    const { store } = this.#options;
    const object = store.get(task.key.kind, task.key.namespace, task.key.name) as AnyObject | undefined;
    if (!object) {
      this.#drop(task);
      return;
    }
    if (task.generation !== object.metadata.generation) task.refusals.clear();
    task.generation = object.metadata.generation;
    this.#current = task;
    const plan = task.reconciler.reconcile(object as never, this.#world as World);
    if (this.#rateLimiter.isThrottled(task, plan.status)) return;
    const results = applyWrites(store, object, plan);
    // The reconciler did not know this refusal, so the planned status can be wrong. Reconcile again before a status
    // write.
    if (recordRefusals(task, results)) {
      this.#add(task);
      return;
    }
    this.#writer = task.reconciler.readsOwnStatus ? undefined : task;
    const refused = applyStatus(store, task.key, plan);
    this.#writer = undefined;
    if (refused) results.push({ key: task.key, refused });
    this.#report(task, object, plan);
    const failed = plan.error !== undefined || results.some((result) => result.refused !== undefined);
    if (failed) this.#rateLimiter.retryLater(task);
    else this.#rateLimiter.reset(task);
  }

  #makeWorld(): World {
    const { store, clock, awakeSince = () => 0, advice } = this.#options;
    const config = this.#options.config();
    this.#derivations.setConfig(config);
    return {
      get: (kind, namespace, name) => store.get(kind, namespace, name),
      list: (kind, selection) => store.list(kind, selection),
      dependents: (uid) => store.dependents(uid),
      now: clock.now(),
      awakeSince: awakeSince(),
      config,
      advice: advice(),
      answer: (question) => this.#inquiries.answer(question),
      refusal: (key) => (this.#current?.refusals.size ? this.#current.refusals.get(keyText(key)) : undefined),
      derived: (make, of, parts = [of]) => this.#derivations.of(make, of, parts),
    };
  }

  /** Handles the parts of a plan that are not writes: events, decisions, questions and requeues. */
  #report(task: Task, object: AnyObject, plan: Plan): void {
    const component = `${task.reconciler.name}-controller`;
    for (const note of plan.events ?? []) {
      const { about } = note;
      const subject = about ? (this.#options.store.get(about.kind, about.namespace, about.name) as AnyObject) : object;
      if (subject) this.#recorder.record(subject, note, component);
    }
    task.error = plan.error;
    if (plan.error !== undefined) {
      this.#recorder.record(object, { type: "Warning", reason: "InternalError", message: plan.error }, component);
    }
    if (plan.decisions) this.#options.onDecisions?.(plan.decisions);
    for (const question of plan.ask ?? []) this.#inquiries.ask(question, task);
    for (const ms of plan.requeueAfterMs ?? []) this.#rateLimiter.requeueAt(task, (this.#world as World).now + ms);
  }

  #drop(task: Task): void {
    dropTimers(task);
    this.#inquiries.drop(task);
    this.#tasks.drop(task);
  }
}
