// The engine under all planners: watches the store, queues keys, lets planners plan and carries plans out, in short slices
// or to rest at once. It knows no kind and waits for nothing: time, turns of the event loop and answers are given to it.
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
import { dropTimers, rememberVerdicts, type Task } from "./task.ts";
import { TaskRegistry } from "./task-registry.ts";
import { ownerKey, versionsToMap } from "./watch-mapping.ts";
import { WorkQueue } from "./work-queue.ts";

/** A reconcile that failed when it last ran. */
export interface Failure {
  readonly reconciler: string;
  readonly key: ObjectKey;
  readonly error: string;
}

/** A request passes several turns of the event loop on its way; each may wait for one slice. */
const SLICE_MS = 1;
/** A slice without a stopwatch. */
const SLICE_TASKS = 50;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #byKind = new Map<Kind, Reconciler[]>();
  readonly #watching: readonly Reconciler[];
  readonly #queue = new WorkQueue<Task>();
  readonly #tasks: TaskRegistry;
  readonly #derivations = new Derivations();
  readonly #inquiries: Inquiries;
  readonly #recorder: EventRecorder;
  readonly #pacer: RateLimiter;
  /** What planners see; made anew for each slice. */
  #world: World | undefined;
  /** Whose refusals the world tells. */
  #current: Task | undefined;
  #watch: Disposable | undefined;
  /** Whose planned status is being written. */
  #writer: Task | undefined;
  /** Tasks left of the present round; garbage is collected between rounds. */
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
    this.#watching = options.reconcilers.filter((reconciler) => reconciler.watches !== undefined);
    this.#inquiries = new Inquiries(options.inquire, (task) => this.#add(task));
    this.#recorder = new EventRecorder(options.store, options.clock);
    this.#pacer = new RateLimiter({
      clock: options.clock,
      log: options.log,
      add: (task) => this.#add(task),
      backoffMs: options.backoffMs ?? defaultBackoffMs,
    });
  }

  /** Watches the store and looks at everything that is there. */
  start(): void {
    this.#watch = this.#options.store.watch({}, (event) => this.#notice(event));
    this.resync();
  }

  /** Looks at one object, by all its reconcilers. */
  enqueue(key: ObjectKey): void {
    this.#enqueueAll(key);
  }

  /** Looks at every object. */
  resync(): void {
    for (const reconciler of this.#options.reconcilers) {
      for (const { metadata } of this.#options.store.list(reconciler.kind) as readonly AnyObject[]) {
        this.#enqueue(reconciler, {
          kind: reconciler.kind,
          namespace: metadata.namespace ?? "",
          name: metadata.name,
        });
      }
    }
    this.#schedule();
  }

  /** An answer given earlier no longer holds. */
  forget(question: Inquiry): void {
    this.#inquiries.forget(question);
  }

  /** Works until nothing is left to do now. Keys that would never rest are put off, so it always ends. */
  settle(): void {
    if (this.#running) return;
    this.#world = this.#makeWorld();
    while (this.#step());
  }

  /** Reconciles that failed when they last ran, in no order. */
  failures(): readonly Failure[] {
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

  #notice({ object, old, key }: WatchEvent): void {
    // the engine records Events itself; nobody plans for them
    if (key.kind === "Event") return;
    // the first news after a status was planned is that status: to its own planner it is none
    const writer = this.#writer;
    this.#writer = undefined;
    this.#enqueueAll(key, writer);
    for (const seen of versionsToMap(object, old)) {
      for (const owner of seen.metadata.ownerReferences ?? []) {
        if (owner.controller) this.enqueue(ownerKey(key, owner));
      }
      for (const reconciler of this.#watching) this.#noticeFor(reconciler, seen);
    }
    // even if no planner cares: an owner that went leaves garbage
    this.#schedule();
  }

  #noticeFor(reconciler: Reconciler, changed: Stored): void {
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
    if (task.held || this.#stopped || !this.#tasks.has(task)) return;
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

  /** One task, or the collector between two rounds. False: at rest. */
  #step(): boolean {
    if (this.#stopped) return false;
    if (this.#roundLeft === 0) {
      const collected = this.#options.store.collectGarbage();
      this.#roundLeft = this.#queue.size;
      if (this.#roundLeft === 0 && !collected) {
        this.#pacer.rest();
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
    } finally {
      this.#running = false;
    }
    return true;
  }

  #work(task: Task): void {
    const { store } = this.#options;
    const object = store.get(task.key.kind, task.key.namespace, task.key.name) as AnyObject | undefined;
    if (!object) {
      this.#retire(task);
      return;
    }
    if (task.generation !== object.metadata.generation) task.refusals.clear();
    task.generation = object.metadata.generation;
    const plan = this.#plan(task, object);
    if (!plan || this.#pacer.isThrottled(task, plan.status)) return;
    const verdicts = applyWrites(store, object, plan);
    // the planner has not seen this refusal yet: the rest of its plan would be a guess
    if (rememberVerdicts(task, verdicts)) {
      this.#add(task);
      return;
    }
    this.#writer = task.reconciler.readsOwnStatus ? undefined : task;
    const refused = applyStatus(store, task.key, plan);
    this.#writer = undefined;
    if (refused) verdicts.push({ key: task.key, refused });
    this.#tell(task, object, plan);
    const failed = plan.error !== undefined || verdicts.some((verdict) => verdict.refused !== undefined);
    if (failed) this.#pacer.retryLater(task);
    else this.#pacer.reset(task);
  }

  /** The planner's plan; undefined when it threw, which is logged and backed off. */
  #plan(task: Task, object: AnyObject): Plan | undefined {
    this.#current = task;
    try {
      return task.reconciler.reconcile(object as never, this.#world as World);
    } catch (error) {
      task.error = errorText(error);
      this.#options.log.error("planner threw", { task: task.text, error });
      this.#pacer.retryLater(task);
      return undefined;
    }
  }

  #makeWorld(): World {
    const { store, clock, awakeSince = () => 0, advice } = this.#options;
    const config = this.#options.config();
    this.#derivations.under(config);
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

  /** Events, notes, questions and requested looks of a plan. */
  #tell(task: Task, object: AnyObject, plan: Plan): void {
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
    if (plan.notes && plan.notes.length > 0) this.#options.notes?.(plan.notes);
    for (const question of plan.ask ?? []) this.#inquiries.ask(question, task);
    for (const ms of plan.requeueAfterMs ?? []) this.#pacer.requeueAt(task, (this.#world as World).now + ms);
  }

  #retire(task: Task): void {
    dropTimers(task);
    this.#inquiries.drop(task);
    this.#tasks.drop(task);
  }
}
