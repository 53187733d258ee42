// Shows one pod to file sync, which brings files to its serving container, runs commands in it and restarts it.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Time } from "../../../base/clock.ts";
import type { ExecOptions } from "../../runtime/exec-options.ts";
import type { ContainerFiles, Placement } from "../container/container-files.ts";
import type { NodeParts } from "../node-parts.ts";
import type { FileChange } from "../overlay-port.ts";
import type { PodEvent, PodState } from "./pod-events.ts";
import type { ContainerFacts, ExitFacts } from "./pod-facts.ts";
import { servingFacts } from "./reduce-pod.ts";

/** `gone`: the pod stops. `outdated`: another restart was requested before the instance took requests. */
export type RestartOutcome = "served" | "gone" | "outdated" | { readonly failed: string };

type ExecResult = Awaited<ReturnType<NodeParts["runtime"]["exec"]>>;

export class PodInstance {
  readonly #runtime: NodeParts["runtime"];
  readonly #state: PodState;
  readonly #filesOf: (container: string) => ContainerFiles | undefined;
  readonly #waiting = new Set<(outcome: RestartOutcome) => void>();

  constructor(
    { runtime }: Pick<NodeParts, "runtime">,
    state: PodState,
    filesOf: (container: string) => ContainerFiles | undefined,
  ) {
    this.#runtime = runtime;
    this.#state = state;
    this.#filesOf = filesOf;
  }

  get pod(): StoredPod {
    return this.#state.facts.pod;
  }

  get isStopping(): boolean {
    return this.#state.facts.stopping;
  }

  /** Whether a restart was requested that has not begun. */
  get needsRestart(): boolean {
    return !this.isStopping && this.#serving?.restart !== undefined;
  }

  /** Whether it takes requests, or why it failed; undefined: it starts or stops. */
  get condition(): Exclude<RestartOutcome, "outdated"> | undefined {
    return conditionOf(this.#state.facts.stopping, this.#serving);
  }

  /** The number of starts of its container after the first one. */
  get restarts(): number {
    return this.#serving?.restarts ?? 0;
  }

  /** Whether the container runs or ran, as opposed to: it is going to start. */
  get hasStarted(): boolean {
    const run = this.#serving?.run;
    return run?.state === "running" || run?.state === "exited";
  }

  /** Whether it restarts or has restarted for synced files, so that its log goes on after a start. */
  get hasRestarts(): boolean {
    const { restart, forgivenRestarts } = this.#serving ?? {};
    return !this.isStopping && (restart?.due === true || forgivenRestarts !== undefined);
  }

  /** When the current process was started, by the node's clock; undefined: none runs. */
  get startedAt(): Time | undefined {
    const run = this.#serving?.run;
    return run?.state === "running" ? run.at : undefined;
  }

  /**
   * Changes files, and requests a restart if it is needed: for `restart`, after a failure, or if files could not be
   * deleted. Rejects with a RuntimeError if the container cannot get the files.
   */
  async place(
    change: FileChange,
    restart: { readonly isWanted: boolean; readonly reason: string },
  ): Promise<Placement> {
    const placed = (await this.#filesOf(this.#serving?.name ?? "")?.place(change)) ?? { state: "absent" };
    const { reason } = restart;
    if (placed.state === "absent") {
      const condition = this.condition;
      if (typeof condition === "object") this.#send({ type: "restartRequested", reason, isNew: true });
    } else if (placed.needsNew || (restart.isWanted && placed.isStale)) {
      // A process has no files of its own, which a restart would keep.
      this.#send({ type: "restartRequested", reason, isNew: placed.needsNew || !this.#runtime.capabilities.archives });
    }
    return placed;
  }

  /** Requests a new container, which has the files of the image and of later changes only. */
  replace(reason: string): void {
    this.#send({ type: "restartRequested", reason, isNew: true });
  }

  /** Runs a command in the running container. Resolves with undefined if it does not run. */
  async exec(command: readonly string[], options: ExecOptions): Promise<ExecResult | undefined> {
    const run = this.#serving?.run;
    return run?.state === "running" ? this.#runtime.exec(run.containerId, command, options) : undefined;
  }

  /**
   * Carries out the requested restart. Resolves when the instance takes requests again, has failed, or needs another
   * restart.
   */
  restart(): Promise<RestartOutcome> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      this.#send({ type: "restartDue" });
      this.check();
    });
  }

  /** Resolves restarts that are done. The pod calls this when its facts have changed. */
  check(): void {
    // The process that starts may never serve, and newer files may correct it.
    const isOutdated = this.needsRestart && this.#serving?.restart?.due === false;
    const outcome = isOutdated ? "outdated" : this.condition;
    if (outcome === undefined) return;
    for (const resolve of this.#waiting) resolve(outcome);
    this.#waiting.clear();
  }

  get #serving(): ContainerFacts | undefined {
    return servingFacts(this.#state.facts);
  }

  #send(
    event:
      | { readonly type: "restartDue" }
      | { readonly type: "restartRequested"; readonly reason: string; readonly isNew: boolean },
  ): void {
    const container = this.#serving?.name;
    if (container !== undefined) this.#state.send({ ...event, container } as PodEvent);
  }
}

function conditionOf(stopping: boolean, container: ContainerFacts | undefined): PodInstance["condition"] {
  if (stopping || !container) return "gone";
  const { run, restart, blocked, image, finding } = container;
  if (restart?.due) return undefined;
  if (run.state === "exited") return { failed: exitText(run.exit) };
  if (run.state === "none" && blocked) return { failed: blocked.message };
  if (image.state === "failed") return { failed: image.failure.message };
  if (finding) return { failed: finding.message };
  return run.state === "running" && run.started && run.ready && run.queueProxy?.ready ? "served" : undefined;
}

/** Adds the most telling line of the container's last output. */
function exitText({ exitCode, message }: ExitFacts): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  const line = lines.findLast((text) => /error|exception/i.test(text)) ?? lines.at(-1);
  return `exits with code ${exitCode}${line === undefined ? "" : `: ${line.trim()}`}`;
}
