// Switches the debugging of revisions on and off, and keeps a relay to the debugged instance of each.
import { servingPort } from "../../apis/core/pod.ts";
import type { Pod } from "../../apis/core/types.ts";
import { type ApiStatus, refuse } from "../../apis/meta/api-status.ts";
import { keyOf, type NamespacedName, namespacedName, parseNamespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { type DebuggerKind, type DebugSettings, debugOf, debugText } from "../../apis/serving/debug.ts";
import { DEBUG_ANNOTATION, SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Revision } from "../../apis/serving/types.ts";
import { LOOPBACK } from "../../base/address.ts";
import type { GuardedClock } from "../../base/background.ts";
import { errorText } from "../../base/errors.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { DebugState } from "../../client/debug.ts";
import type { EventNote } from "../../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import { freePort } from "../runtime/process/process-registry.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { DebugRelay } from "./debug-relay.ts";
import { type AppStart, type DebugStartParts, findAppStart, findDebugger } from "./debug-start.ts";
import { DebuggedInstances, type DebuggedInstancesParts, type DebuggedRevision } from "./debugged-instances.ts";
import { DEBUGGER_PORTS } from "./debugger-spec.ts";

export interface DebugSessionsParts extends DebugStartParts, DebuggedInstancesParts {
  readonly store: ObjectStore;
  readonly clock: GuardedClock;
  readonly record: (about: Stored, note: EventNote) => void;
  /** The folder of the sources of a Service, by its `namespace/name`. */
  readonly sourceFolders: ReadonlyMap<string, string>;
}

export interface DebugRequest {
  readonly revision: Stored<Revision>;
  readonly kind?: DebuggerKind | undefined;
  /** Where debuggers attach. For `other`, also the port that the app opens. */
  readonly port?: number | undefined;
  readonly waits: boolean;
}

type RevisionName = NamespacedName;

/** The instances of one Service with one image, whose requested restarts can be carried out later. */
interface Restarts {
  /** Resolves with what went wrong. */
  restart(isWanted: boolean): Promise<readonly string[]>;
}

interface DebugSession extends DebuggedRevision {
  readonly service: string | undefined;
  readonly relay: DebugRelay;
  readonly app: AppStart;
  /** Ends the debugging when no debugger has been attached for a while. */
  idle: Disposable | undefined;
  /** Restarts that follow when the last debugger has left. */
  readonly held: Set<Restarts>;
}

/** Debugging ends when no debugger has been attached for this time. */
const IDLE_MS = 10 * 60_000;
/** The wildcard address, because a debugger comes from outside of the container. */
const ANY_HOST = "0.0.0.0";
const HOLDS = "it has one instance, and no probe, timeout, scale-down or newer revision acts";

export class DebugSessions {
  readonly #parts: DebugSessionsParts;
  readonly #instances: DebuggedInstances;
  readonly #sessions = new Map<RevisionName, DebugSession>();
  /** Revisions whose debugging is being switched on. */
  readonly #starting = new Set<RevisionName>();
  readonly #watch: Disposable;

  constructor(parts: DebugSessionsParts) {
    this.#parts = parts;
    this.#instances = new DebuggedInstances(parts);
    this.#watch = parts.store.watch({ kind: "Revision.serving.knative.dev" }, ({ type, object }) => {
      const name = namespacedName((object as Stored<Revision>).metadata);
      if (type === "DELETED" || !debugOf(object.metadata)) this.#end(name);
    });
  }

  async list(): Promise<readonly DebugState[]> {
    return Promise.all([...this.#sessions.values()].map((session) => this.#stateOf(session)));
  }

  async find(revision: RevisionName): Promise<DebugState | undefined> {
    const session = this.#sessions.get(revision);
    return session && this.#stateOf(session);
  }

  /** Writes the annotation that replaces the instances by one under a debugger. */
  async start(request: DebugRequest): Promise<Result<DebugState, ApiStatus>> {
    const name = namespacedName(request.revision.metadata);
    if (this.#starting.has(name)) return refuse("Conflict", `debugging of ${name} is being switched on`);
    if (this.#sessions.has(name)) return refuse("Conflict", `${name} is debugged already`);
    this.#starting.add(name);
    try {
      return await this.#start(name, request);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      return refuse("ServiceUnavailable", `${name} cannot be debugged: ${error.message}`);
    } finally {
      this.#starting.delete(name);
    }
  }

  /**
   * Removes the annotation, so that a normal instance replaces the debugged one. The annotation may be there without a
   * session, for example by kubectl. False: it was not there.
   */
  stop(revision: RevisionName, isIdle = false): boolean {
    const key = { kind: "Revision.serving.knative.dev", ...parseNamespacedName(revision) } as const;
    const object = this.#parts.store.get(key.kind, key.namespace, key.name);
    if (object?.metadata.annotations?.[DEBUG_ANNOTATION] === undefined) return false;
    // The watch ends the session.
    this.#parts.store.patchMerge(key, { metadata: { annotations: { [DEBUG_ANNOTATION]: null } } });
    const message = isIdle ? `no debugger was attached for ${IDLE_MS / 60_000} minutes` : "debugging was switched off";
    this.#parts.record(object, { type: isIdle ? "Warning" : "Normal", reason: "DebuggingEnded", message });
    return true;
  }

  /**
   * Returns true if a debugger is attached to an instance of the Service (`namespace/name`). The requested restarts
   * follow when the last debugger has left.
   */
  holdRestarts(service: string, restarts: Restarts): boolean {
    const found = [...this.#sessions.values()].find(
      (session) => session.service === service && session.relay.attached > 0,
    );
    if (!found) return false;
    const message = "saved files need a restart, which waits until the debugger detaches";
    if (found.held.size === 0) this.#note(found, { type: "Warning", reason: "RestartHeld", message });
    found.held.add(restarts);
    return true;
  }

  close(): void {
    this.#watch[Symbol.dispose]();
    for (const [name, { held }] of [...this.#sessions]) {
      held.clear();
      this.#end(name);
    }
  }

  async #start(name: RevisionName, request: DebugRequest): Promise<Result<DebugState, ApiStatus>> {
    const { store, record } = this.#parts;
    const { revision, port, waits } = request;
    const planned = await this.#plan(request);
    if (!planned.ok) return refuse("BadRequest", `${revision.metadata.name}: ${planned.error}`);
    const { app, settings } = planned.value;
    // A process of this machine opens its own port here, maybe later, so the relay needs another one.
    const isTaken = settings.debugger === "other" && this.#isProcess;
    const relay = await DebugRelay.open(settings.port + (isTaken ? 1 : 0), port !== undefined && !isTaken, {
      target: () => {
        const session = this.#sessions.get(name);
        return session && this.#instances.addressOf(session);
      },
      isDebugger: settings.debugger === "node" ? isWebSocket : () => true,
      onAttached: (count) => this.#onAttached(name, count),
    });
    if (!relay.ok) return refuse("Conflict", `${relay.error}; choose another one with --port`);
    const key = keyOf(revision) as DebugSession["key"];
    const service = revision.metadata.labels?.[SERVICE_LABEL];
    const session: DebugSession = {
      key,
      service: service && namespacedName({ namespace: key.namespace, name: service }),
      settings: { ...settings, port: relay.value.port, ...(waits && { waits }) },
      relay: relay.value,
      app,
      idle: undefined,
      held: new Set(),
    };
    this.#sessions.set(name, session);
    this.#awaitDebugger(name, session);
    const annotations = { [DEBUG_ANNOTATION]: debugText(session.settings) };
    const written = store.patchMerge(key, { metadata: { annotations } });
    if ("refused" in written) {
      this.#end(name);
      return { ok: false, error: written.refused };
    }
    const message = `a debugger can attach at ${LOOPBACK}:${relay.value.port} (${settings.debugger}): ${HOLDS}`;
    record(written.object, { type: "Warning", reason: "Debugging", message });
    return ok(await this.#stateOf(session));
  }

  async #plan({
    revision,
    kind,
    port,
    waits,
  }: DebugRequest): Promise<Result<{ readonly app: AppStart; readonly settings: DebugSettings }>> {
    const app = await findAppStart(this.#parts, revision);
    if (!app.ok) return app;
    const host = this.#isProcess ? LOOPBACK : ANY_HOST;
    const free = this.#isProcess ? await freePort(new Set()) : 0;
    const taken = [servingPort({ spec: revision.spec } as Pod), ...declaredPorts(revision)];
    const portOf = (found: DebuggerKind): number => {
      if (found === "other") return port ?? 0;
      if (this.#isProcess) return free;
      const usual = DEBUGGER_PORTS[found];
      return taken.includes(usual) ? usual + 1 : usual;
    };
    const wanted = { kind, hasPort: port !== undefined, host, portOf, waits };
    const found = await findDebugger(this.#parts, app.value, wanted);
    if (!found.ok) return found;
    const { needs: _, ...start } = found.value;
    if (start.debugger === "other" && waits)
      return failed("an app with its own debugger cannot be told to wait for it");
    const usual = start.debugger === "other" ? start.containerPort : DEBUGGER_PORTS[start.debugger];
    return ok({ app: app.value, settings: { ...start, port: port ?? usual } });
  }

  get #isProcess(): boolean {
    return !this.#parts.runtime.capabilities.images;
  }

  async #stateOf(session: DebugSession): Promise<DebugState> {
    const { key, service, settings, relay, app } = session;
    const local = this.#parts.sourceFolders.get(service ?? "") ?? (this.#isProcess ? app.folder : undefined);
    return {
      namespace: key.namespace,
      service: service?.slice(key.namespace.length + 1),
      revision: key.name,
      debugger: settings.debugger,
      host: LOOPBACK,
      port: relay.port,
      containerPort: settings.containerPort,
      attached: relay.attached,
      waits: settings.waits ?? false,
      instance: await this.#instances.describe(session),
      localRoot: local,
      remoteRoot: this.#isProcess ? undefined : app.folder,
    };
  }

  #onAttached(name: RevisionName, count: number): void {
    const session = this.#sessions.get(name);
    if (!session) return;
    session.idle?.[Symbol.dispose]();
    session.idle = undefined;
    if (count > 0) return;
    void this.#release(session);
    this.#awaitDebugger(name, session);
  }

  #awaitDebugger(name: RevisionName, session: DebugSession): void {
    const { clock } = this.#parts;
    session.idle = clock.at(clock.now() + IDLE_MS, () => this.stop(name, true));
  }

  #end(name: RevisionName): void {
    const session = this.#sessions.get(name);
    if (!session) return;
    this.#sessions.delete(name);
    session.idle?.[Symbol.dispose]();
    session.relay.close();
    void this.#release(session);
  }

  /** Carries out the held restarts. Failures are Events, because no request waits for the outcome. */
  async #release(session: DebugSession): Promise<void> {
    const released = [...session.held];
    session.held.clear();
    for (const restarts of released) {
      const problems = await restarts.restart(false).catch((error: unknown) => [errorText(error)]);
      for (const message of problems) this.#note(session, { type: "Warning", reason: "RestartFailed", message });
    }
  }

  #note({ key }: DebugSession, note: EventNote): void {
    const revision = this.#parts.store.get(key.kind, key.namespace, key.name);
    if (revision) this.#parts.record(revision, note);
  }
}

function declaredPorts({ spec }: Stored<Revision>): readonly number[] {
  return spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}

/** Inspectors of Node are asked for their targets by plain requests, for example by Chrome. */
function isWebSocket(first: Buffer): boolean {
  return /^upgrade: *websocket\r?$/im.test(first.toString("latin1"));
}
