// Holds the faults of one session: injects and ends them, counts the events of their pods, and says which faults act.
import { actsOn } from "../../apis/faults/decide.ts";
import {
  concerns,
  type Fault,
  type FaultEvent,
  type FaultKind,
  type FaultSpec,
  type FaultTarget,
  faultOffCommand,
  faultText,
  kindRow,
  msOf,
  settingsText,
} from "../../apis/faults/fault.ts";
import { type ApiStatus, makeFailure } from "../../apis/meta/api-status.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, ObjectMeta } from "../../apis/meta/object.ts";
import { REVISION_LABEL, SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Clock } from "../../base/clock.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { timeText } from "../../base/time.ts";
import { EventRecorder } from "../../control-plane/controller/event-recorder.ts";
import type { EventNote } from "../../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import { makeNotFound } from "../../control-plane/store/refusals.ts";
import { NODE_NAME } from "./node-object.ts";

export interface SessionFaultsOptions {
  readonly store: ObjectStore;
  /** The clock of objects. */
  readonly clock: Clock;
  /** Moves that clock at once. Fails with the reason if it cannot move this way. */
  readonly jump: (byMs: number) => Result<undefined>;
}

/** A fault that is on. */
interface Running {
  fault: Fault;
  /** Its Service, Revision or Node. */
  readonly about: AnyObject;
  readonly timer: Disposable | undefined;
}

const NONE: readonly Fault[] = [];
/** The number of ended faults whose counts can still be read. */
const KEPT = 100;
const SWITCHED_OFF = "it was switched off";

export class SessionFaults {
  readonly #options: SessionFaultsOptions;
  readonly #recorder: EventRecorder;
  /** By id, oldest first. */
  readonly #running = new Map<string, Running>();
  /** The faults that have ended, by id, oldest first. */
  readonly #past = new Map<string, Fault>();
  readonly #refusals = new Map<FaultKind, string>();
  readonly #watches: readonly Disposable[];
  #injected = 0;

  constructor(options: SessionFaultsOptions) {
    const { store, clock } = options;
    this.#options = options;
    this.#recorder = new EventRecorder(store, clock);
    this.#watches = (["Service.serving.knative.dev", "Revision.serving.knative.dev"] as const).map((kind) =>
      store.watch({ kind }, ({ type, object }) => {
        if (type === "DELETED")
          this.#endAll(({ about }) => about.metadata.uid === object.metadata.uid, "it was deleted");
      }),
    );
  }

  /** The faults that are on, oldest first. */
  get all(): readonly Fault[] {
    return this.#running.size === 0 ? NONE : [...this.#running.values()].map(({ fault }) => fault);
  }

  /** Returns one of the last faults that have ended. */
  past(id: string): Fault | undefined {
    return this.#past.get(id);
  }

  /** Refuses a kind that this session cannot do. `why` also says what to do. */
  refuse(kind: FaultKind, why: string): void {
    this.#refusals.set(kind, why);
  }

  inject(spec: FaultSpec): Result<Fault, ApiStatus> {
    const refusal = this.#refusals.get(spec.kind);
    if (refusal !== undefined) return failed(makeFailure("Conflict", `${spec.kind}: ${refusal}`));
    const target = targetOf(spec);
    const about = this.#options.store.get(target.kind, target.namespace, target.name);
    if (!about) return failed(makeNotFound(target));
    if (kindRow(spec.kind).on === undefined) return this.#jump(spec, about);
    const service = spec.service ?? about.metadata.labels?.[SERVICE_LABEL];
    return ok(this.#start({ ...spec, service }, about));
  }

  /** Ends the faults that `isChosen` accepts. Returns them with their last counts. */
  end(isChosen: (fault: Fault) => boolean): readonly Fault[] {
    return this.#endAll(({ fault }) => isChosen(fault), SWITCHED_OFF);
  }

  /** Counts an event of a pod for the faults that `isFor` accepts. Returns those that act on it, oldest first. */
  next(
    event: FaultEvent,
    pod: Pick<AnyObject, "metadata">,
    isFor: (fault: Fault) => boolean = () => true,
  ): readonly Fault[] {
    if (this.#running.size === 0) return NONE;
    const concerned = this.#concerning(event, pod).filter(({ fault }) => isFor(fault));
    return concerned.flatMap((running) => this.#count(running) ?? []);
  }

  /** Returns true if a fault waits for such events of this pod. Counts nothing. */
  concerns(event: FaultEvent, pod: Pick<AnyObject, "metadata">): boolean {
    return this.#concerning(event, pod).length > 0;
  }

  close(): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    for (const { timer } of this.#running.values()) timer?.[Symbol.dispose]();
    this.#running.clear();
  }

  #concerning(event: FaultEvent, { metadata }: Pick<AnyObject, "metadata">): readonly Running[] {
    const running = [...this.#running.values()];
    return running.filter(({ fault }) => kindRow(fault.kind).on === event && concerns(fault, targetOfPod(metadata)));
  }

  #count(running: Running): Fault | undefined {
    const { fault } = running;
    const acts = actsOn(fault, fault.events);
    running.fault = { ...fault, events: fault.events + 1, hits: fault.hits + (acts ? 1 : 0) };
    if (!acts) return undefined;
    if (running.fault.hits === fault.count) this.#end(running, "its count is reached");
    return running.fault;
  }

  #start(spec: FaultSpec, about: AnyObject): Fault {
    const { clock } = this.#options;
    const { id, now } = this.#nextId();
    const endsAt = spec.duration === undefined ? undefined : now + msOf(spec.duration);
    const fault: Fault = {
      id,
      ...spec,
      startedAt: timeText(now),
      endsAt: endsAt === undefined ? undefined : timeText(endsAt),
      events: 0,
      hits: 0,
    };
    const onTime = (): void => void this.#endAll(({ fault: each }) => each.id === id, "its time is over");
    const timer = endsAt === undefined ? undefined : clock.at(endsAt, onTime);
    const running: Running = { fault, about, timer };
    this.#running.set(id, running);
    this.#record(running, "FaultInjected", `${injectedText(fault)}; \`${faultOffCommand(fault)}\` ends it`);
    return fault;
  }

  #jump(spec: FaultSpec, about: AnyObject): Result<Fault, ApiStatus> {
    const jumped = this.#options.jump(msOf(spec.by ?? "0"));
    if (!jumped.ok) return failed(makeFailure("Conflict", `${spec.kind}: ${jumped.error}`));
    const { id, now } = this.#nextId();
    const fault: Fault = { id, ...spec, startedAt: timeText(now), events: 1, hits: 1 };
    this.#record({ about }, "FaultInjected", injectedText(fault));
    return ok(this.#keep(fault));
  }

  #endAll(isChosen: (running: Running) => boolean, why: string): readonly Fault[] {
    const chosen = [...this.#running.values()].filter(isChosen);
    return chosen.map((running) => this.#end(running, why));
  }

  #end(running: Running, why: string): Fault {
    running.timer?.[Symbol.dispose]();
    this.#running.delete(running.fault.id);
    const message = `fault ${faultText(running.fault)} has ended: ${why}`;
    this.#record(running, "FaultEnded", message, why === SWITCHED_OFF ? "Normal" : "Warning");
    return this.#keep(running.fault);
  }

  #keep(fault: Fault): Fault {
    const ended = { ...fault, endedAt: timeText(this.#options.clock.now()) };
    this.#past.set(fault.id, ended);
    const [oldest = ""] = this.#past.keys();
    if (this.#past.size > KEPT) this.#past.delete(oldest);
    return ended;
  }

  /** `knap up` prints Warnings only. */
  #record(
    { about }: Pick<Running, "about">,
    reason: string,
    message: string,
    type: EventNote["type"] = "Warning",
  ): void {
    this.#recorder.record(about, { type, reason, message }, "knap");
  }

  #nextId() {
    this.#injected += 1;
    return { id: `f${this.#injected}`, now: this.#options.clock.now() };
  }
}

function targetOf({ namespace, service, revision }: FaultSpec): ObjectKey {
  if (revision !== undefined) return { kind: "Revision.serving.knative.dev", namespace, name: revision };
  if (service !== undefined) return { kind: "Service.serving.knative.dev", namespace, name: service };
  return { kind: "Node", namespace: "", name: NODE_NAME };
}

function targetOfPod({ namespace, labels }: ObjectMeta): FaultTarget {
  return { namespace, service: labels?.[SERVICE_LABEL], revision: labels?.[REVISION_LABEL] ?? "" };
}

function injectedText(fault: Fault): string {
  const settings = settingsText(fault);
  return `fault ${fault.id} ${fault.kind}${settings && ` (${settings})`}: ${kindRow(fault.kind).does}`;
}
