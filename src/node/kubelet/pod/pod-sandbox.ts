// Where a pod lives on the network: its address, and, for pods of several containers, the pause container that holds it. Starts none of the user's containers.

import { userContainers } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { PodAddress } from "../../../base/address.ts";
import type { ContainerSpec, ContainerState } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";
import { ensurePauseImage } from "../pause-image.ts";
import type { Place } from "../session-network.ts";
import { dialledPorts, hostnameOf } from "../spec/container-spec.ts";
import type { PodFacts } from "./pod-facts.ts";

type Placement = Pick<ContainerSpec, "network" | "networkOf" | "ports" | "dns" | "extraHosts">;

/** What of a pod's place on the network outlives it, for its successor. */
export interface HeldSandbox {
  readonly place: Place | undefined;
  /** The container that holds the network of several. */
  readonly pause?: { readonly id: string; readonly state: ContainerState | undefined };
}

export class PodSandbox {
  readonly #parts: NodeParts;
  readonly #pod: Pod;
  /** The pause container ended without us: the pod has lost its network. */
  readonly #onLost: () => void;
  #place: Place | undefined;
  #listening: Disposable | undefined;
  #facts: PodFacts["sandbox"];
  #state: ContainerState | undefined;
  #id: string | undefined;
  #opened = 0;
  #over = false;

  /** `held`: what the pod takes over from a frozen one. */
  constructor(
    parts: NodeParts,
    pod: Pod,
    { held, onLost }: { readonly held: HeldSandbox | undefined; readonly onLost: () => void },
  ) {
    this.#parts = parts;
    this.#onLost = onLost;
    this.#pod = pod;
    this.#place = held?.place ?? parts.network?.take();
    const several = userContainers(pod).length + (pod.spec.initContainers ?? []).length > 1;
    this.#facts = several && parts.runtime.capabilities.networks ? "none" : "unneeded";
    if (held?.pause) this.#adopt(held.pause);
  }

  /** The pause container, while there is one. */
  get id(): string | undefined {
    return this.#id;
  }

  get facts(): PodFacts["sandbox"] {
    return this.#facts;
  }

  /** The pod's address: its own on the session's network, or the machine's where there is no network. */
  get ip(): string {
    return this.#place?.address ?? "127.0.0.1";
  }

  /** How a container of this pod is put on the network. */
  placement(): Placement {
    return this.#id === undefined ? this.#ownPlacement() : { networkOf: this.#id, ports: [] };
  }

  /** Where this process reaches a port of a container of this pod. */
  addressOf(state: ContainerState | undefined, port: number): PodAddress | undefined {
    const holder = this.#state ?? state;
    const named = holder?.addresses[port];
    const { name, address } = this.#parts.info;
    if (named) return address === "published" ? { ...named, relayed: true } : named;
    const direct = name === "docker" && address === "direct" && holder?.ip !== undefined;
    return direct ? { host: holder.ip as string, port } : undefined;
  }

  /** Starts the pause container. Throws what the runtime throws. */
  async open(): Promise<void> {
    const { runtime, info, prefix, labels, starts } = this.#parts;
    this.#facts = "opening";
    try {
      const image = await ensurePauseImage(runtime, info.architecture);
      const { namespace = "default", name, uid = "" } = this.#pod.metadata;
      const id = await starts(async () => {
        const made = await runtime.create({
          name: `${prefix}_${name}_pause_${this.#opened}`,
          image,
          env: [],
          hostname: hostnameOf(this.#pod),
          labels: { ...labels, "knap.dev/pod": `${namespace}/${name}`, "knap.dev/pod-uid": uid },
          ...this.#ownPlacement(),
        });
        this.#opened++;
        this.#id = made;
        this.#listen(made);
        if (!this.#over) await runtime.start(made);
        return made;
      });
      if (this.#over) return await this.close();
      this.#state = await runtime.inspect(id);
      this.#facts = "ready";
    } catch (error) {
      await this.#drop().catch(() => {});
      throw error;
    }
  }

  /** Looks whether the pause container still holds the network; without it the pod starts anew. */
  async check(): Promise<void> {
    const id = this.#id;
    if (this.#facts !== "ready" || id === undefined) return;
    const state = await this.#parts.runtime.inspect(id).catch(() => "away" as const);
    if (state === "away" || state?.status === "running" || this.#over || this.#id !== id) return;
    await this.#drop().catch(() => {});
    this.#onLost();
  }

  async #drop(): Promise<void> {
    const id = this.#id;
    this.#listening?.[Symbol.dispose]();
    this.#facts = "none";
    this.#id = undefined;
    this.#state = undefined;
    if (id !== undefined) await this.#parts.runtime.remove(id);
  }

  /** PodAddress and network go on with frozen containers. */
  giveUp(): HeldSandbox {
    const held = {
      place: this.#place,
      ...(this.#id !== undefined && { pause: { id: this.#id, state: this.#state } }),
    };
    this.#listening?.[Symbol.dispose]();
    this.#place = undefined;
    this.#id = undefined;
    return held;
  }

  #adopt({ id, state }: NonNullable<HeldSandbox["pause"]>): void {
    this.#id = id;
    this.#state = state;
    this.#facts = "ready";
    this.#listen(id);
    // It may have ended while nobody listened.
    void this.check();
  }

  #listen(id: string): void {
    const { listen } = this.#parts;
    this.#listening = listen(id, ({ type }) => (type === "die" || type === "destroy") && void this.check());
  }

  /** After the last container has ended. */
  async close(): Promise<void> {
    this.#over = true;
    if (this.#id !== undefined) await this.#parts.runtime.remove(this.#id);
    this.#listening?.[Symbol.dispose]();
    if (this.#place) this.#parts.network?.give(this.#place);
  }

  #ownPlacement(): Placement {
    const { network, dns, extraHosts } = this.#parts;
    // Taken from a network that is no more: the address is worth nothing.
    if (network && this.#place?.network !== network.id) this.#place = network.take();
    return {
      ports: dialledPorts(this.#pod),
      ...(this.#place && { network: { id: this.#place.network, address: this.#place.address } }),
      ...(dns && { dns: dns(this.#pod) }),
      ...(extraHosts.length > 0 && { extraHosts }),
    };
  }
}
