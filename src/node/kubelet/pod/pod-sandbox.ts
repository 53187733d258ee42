// The network place of a pod: its address, and for several containers the pause container that holds their network.

import { type StoredPod, userContainers } from "../../../apis/core/pod.ts";
import { namespacedName } from "../../../apis/meta/key.ts";
import type { PodAddress } from "../../../base/address.ts";
import { errorText } from "../../../base/errors.ts";
import { type ContainerSpec, type ContainerState, RuntimeError } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";
import { ensurePauseImage } from "../pause-image.ts";
import type { Place } from "../session-network.ts";
import { dialledPorts, hostnameOf } from "../spec/container-spec.ts";
import type { PodState } from "./pod-events.ts";
import type { FrozenSandbox, PodFacts } from "./pod-facts.ts";

type Placement = Pick<ContainerSpec, "network" | "networkOf" | "ports" | "dns" | "extraHosts">;

export class PodSandbox {
  readonly #parts: NodeParts;
  readonly #pod: StoredPod;
  readonly #state: Pick<PodState, "send">;
  /** The state of the sandbox when the pod is accepted. */
  readonly first: PodFacts["sandbox"];
  #place: Place | undefined;
  #listening: Disposable | undefined;
  #engine: ContainerState | undefined;
  #id: string | undefined;
  /** The pause container runs, as far as is known. */
  #ready = false;
  #opened = 0;
  #closed = false;

  /** `frozen`: the place of a frozen pod, which this pod takes over. */
  constructor(parts: NodeParts, pod: StoredPod, state: Pick<PodState, "send">, frozen: FrozenSandbox | undefined) {
    this.#parts = parts;
    this.#pod = pod;
    this.#state = state;
    this.#place = frozen?.place ?? parts.network?.take();
    const several = userContainers(pod).length + (pod.spec.initContainers ?? []).length > 1;
    this.first = frozen?.pause ? "ready" : several && parts.runtime.capabilities.networks ? "none" : "unneeded";
    if (!frozen?.pause) return;
    this.#engine = frozen.pause.state;
    this.#ready = true;
    this.#listen(frozen.pause.id);
    // It may have ended while the pod was frozen.
    void this.check();
  }

  /** The id of the pause container; undefined: there is none. */
  get id(): string | undefined {
    return this.#id;
  }

  /** The address of the pod: its own on the session's network, or the machine's where there is no network. */
  get address(): string {
    return this.#place?.address ?? "127.0.0.1";
  }

  /** The network settings for a container of this pod. */
  placement(): Placement {
    return this.#id === undefined ? this.#ownPlacement() : { networkOf: this.#id, ports: [] };
  }

  /** Where this process reaches a port of a container of this pod; undefined: it cannot. */
  addressOf(container: ContainerState | undefined, port: number): PodAddress | undefined {
    const holder = this.#engine ?? container;
    const known = holder?.addresses[port];
    const { info, runtime } = this.#parts;
    if (known) return info.address === "published" ? { ...known, relayed: true } : known;
    // With an address of its own, a container is also reached on ports that it does not declare.
    const direct = runtime.capabilities.networks && info.address === "direct";
    return direct && holder?.ip !== undefined ? { host: holder.ip, port } : undefined;
  }

  /**
   * Starts the pause container; opens the session's network again if it is gone. Never rejects: a failure becomes an
   * event.
   */
  async open(): Promise<void> {
    const { network, nodeClock } = this.#parts;
    try {
      await this.#open().catch(async (error: unknown) => {
        if (!(error instanceof RuntimeError) || error.code !== "not-found") throw error;
        await network?.renew();
        await this.#open();
      });
      if (!this.#closed) this.#state.send({ type: "sandboxReady", address: this.address });
    } catch (error) {
      this.#state.send({ type: "sandboxFailed", message: errorText(error), at: nodeClock.now() });
    }
  }

  /** Asks the runtime whether the pause container still runs; if not, the containers of the pod must start again. */
  async check(): Promise<void> {
    const id = this.#id;
    if (id === undefined || !this.#ready) return;
    const state = await this.#parts.runtime.inspect(id).catch(() => "unreachable" as const);
    if (state === "unreachable" || state?.status === "running" || this.#closed || this.#id !== id) return;
    await this.#drop().catch(() => {});
    this.#state.send({ type: "sandboxLost" });
  }

  /** Hands address and pause container over to a frozen pod. */
  release(): FrozenSandbox {
    const pause = this.#id === undefined ? undefined : { id: this.#id, state: this.#engine };
    const frozen = { place: this.#place, pause };
    this.#listening?.[Symbol.dispose]();
    this.#place = undefined;
    this.#id = undefined;
    return frozen;
  }

  /** Removes the pause container and frees the address, after the last container of the pod has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#id !== undefined) await this.#parts.runtime.remove(this.#id);
    this.#listening?.[Symbol.dispose]();
    if (this.#place) this.#parts.network?.give(this.#place);
  }

  async #open(): Promise<void> {
    const { runtime, info, prefix, labels, starts } = this.#parts;
    try {
      const image = await ensurePauseImage(runtime, info.architecture);
      const { name, uid } = this.#pod.metadata;
      const id = await starts(async () => {
        const made = await runtime.create({
          name: `${prefix}_${name}_pause_${this.#opened}`,
          image,
          env: [],
          hostname: hostnameOf(this.#pod),
          labels: { ...labels, "knap.dev/pod": namespacedName(this.#pod.metadata), "knap.dev/pod-uid": uid },
          ...this.#ownPlacement(),
        });
        this.#opened++;
        this.#listen(made);
        if (!this.#closed) await runtime.start(made);
        return made;
      });
      if (this.#closed) return await this.close();
      this.#engine = await runtime.inspect(id);
      this.#ready = true;
    } catch (error) {
      await this.#drop().catch(() => {});
      throw error;
    }
  }

  async #drop(): Promise<void> {
    const id = this.#id;
    this.#listening?.[Symbol.dispose]();
    this.#id = undefined;
    this.#engine = undefined;
    this.#ready = false;
    if (id !== undefined) await this.#parts.runtime.remove(id);
  }

  #listen(id: string): void {
    this.#id = id;
    this.#listening = this.#parts.listen(id, ({ type }) => (type === "die" || type === "destroy") && void this.check());
  }

  #ownPlacement(): Placement {
    const { network, dns, extraHosts } = this.#parts;
    // An address of a network that no longer exists is useless.
    if (network && this.#place?.network !== network.id) this.#place = network.take();
    return {
      ports: dialledPorts(this.#pod),
      network: this.#place && { id: this.#place.network, address: this.#place.address },
      dns: dns?.(this.#pod),
      extraHosts,
    };
  }
}
