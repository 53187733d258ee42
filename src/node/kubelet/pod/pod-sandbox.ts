// Manages the network of a pod: its address and, for several containers, the pause container whose network they share.
import { type StoredPod, userContainers } from "../../../apis/core/pod.ts";
import { namespacedName } from "../../../apis/meta/key.ts";
import type { PodAddress } from "../../../base/address.ts";
import { runInBackground } from "../../../base/background.ts";
import { errorText } from "../../../base/errors.ts";
import { type ContainerSpec, type RuntimeContainer, RuntimeError, type RuntimeEvent } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";
import { ensurePauseImage } from "../pause-image.ts";
import type { NetworkAddress } from "../session-network.ts";
import { dialledPorts, hostnameOf } from "../spec/container-spec.ts";
import type { PodState } from "./pod-events.ts";
import type { FrozenSandbox, PodFacts } from "./pod-facts.ts";

type Networking = Pick<ContainerSpec, "network" | "networkOf" | "ports" | "dns" | "extraHosts">;

export class PodSandbox {
  readonly #parts: NodeParts;
  readonly #pod: StoredPod;
  readonly #state: Pick<PodState, "send">;
  readonly initialState: PodFacts["sandbox"];
  #address: NetworkAddress | undefined;
  #listening: Disposable | undefined;
  #engine: RuntimeContainer | undefined;
  #id: string | undefined;
  /** Whether the pause container ran when the sandbox last inspected it. */
  #ready = false;
  /** Whether the engine has reported the end of the pause container. */
  #hasEnded = false;
  #opened = 0;
  #closed = false;

  /** `frozen`: the network of a frozen pod, which this pod takes over. */
  constructor(parts: NodeParts, pod: StoredPod, state: Pick<PodState, "send">, frozen: FrozenSandbox | undefined) {
    this.#parts = parts;
    this.#pod = pod;
    this.#state = state;
    this.#address = frozen?.address ?? parts.network?.take();
    const isShared = userContainers(pod).length + (pod.spec.initContainers ?? []).length > 1;
    this.initialState = frozen?.pause ? "ready" : isShared && parts.runtime.capabilities.networks ? "none" : "unneeded";
    if (!frozen?.pause) return;
    this.#engine = frozen.pause.state;
    this.#ready = true;
    this.#listen(frozen.pause.id);
    // The pause container may have exited while the pod was frozen.
    runInBackground(parts.log, "checking a pause container", () => this.check());
  }

  /** The id of the pause container; undefined: the pod has none. */
  get id(): string | undefined {
    return this.#id;
  }

  /** The address of the pod on the session's network, or 127.0.0.1 without a network. */
  get address(): string {
    return this.#address?.address ?? "127.0.0.1";
  }

  /** Returns the network settings for a container of this pod. */
  networking(): Networking {
    return this.#id === undefined ? this.#ownNetworking() : { networkOf: this.#id, ports: [] };
  }

  /** Returns the address at which knap reaches a port of a container of this pod; undefined if knap cannot. */
  addressOf(container: RuntimeContainer | undefined, port: number): PodAddress | undefined {
    const holder = this.#engine ?? container;
    const known = holder?.addresses[port];
    const { info, runtime } = this.#parts;
    if (known) return info.address === "published" ? { ...known, relayed: true } : known;
    // At the container's own address, knap also reaches ports that the pod does not declare.
    const direct = runtime.capabilities.networks && info.address === "direct";
    return direct && holder?.ip !== undefined ? { host: holder.ip, port } : undefined;
  }

  /** Starts the pause container. Opens the session's network again if it is missing. Never rejects. */
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

  /**
   * Checks whether the pause container still runs and has its network. If not, the pod's containers must start again.
   * Never rejects.
   */
  async check(): Promise<void> {
    const id = this.#id;
    if (id === undefined || !this.#ready) return;
    const state = await this.#parts.runtime.inspect(id).catch(() => "unreachable" as const);
    const isWhole = state !== "unreachable" && state?.status === "running" && state.ip !== undefined;
    if (state === "unreachable" || isWhole || this.#closed || this.#id !== id) return;
    await this.#drop().catch(() => {});
    this.#state.send({ type: "sandboxLost" });
  }

  /** Hands address and pause container over to a frozen pod. */
  release(): FrozenSandbox {
    const pause = this.#id === undefined ? undefined : { id: this.#id, state: this.#engine };
    const frozen = { address: this.#address, pause };
    this.#listening?.[Symbol.dispose]();
    this.#address = undefined;
    this.#id = undefined;
    return frozen;
  }

  /** Removes the pause container and frees the address, after the pod's last container has exited. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#id !== undefined) await this.#parts.runtime.remove(this.#id);
    this.#listening?.[Symbol.dispose]();
    if (this.#address) this.#parts.network?.give(this.#address);
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
          ...this.#ownNetworking(),
        });
        this.#opened++;
        this.#listen(made);
        if (!this.#closed) await runtime.start(made);
        return made;
      });
      if (this.#closed) return await this.close();
      this.#engine = await runtime.inspect(id);
      this.#ready = true;
      // An exit during this inspection shows only in the next one.
      if (this.#hasEnded) await this.check();
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
    this.#hasEnded = false;
    const onEvent = ({ type }: RuntimeEvent): Promise<void> | undefined => {
      if (type !== "die" && type !== "destroy" && type !== "disconnect") return undefined;
      this.#hasEnded = true;
      return this.check();
    };
    this.#listening = this.#parts.listen(id, onEvent);
  }

  #ownNetworking(): Networking {
    const { network, dns, extraHosts } = this.#parts;
    // The old address is invalid if the network was opened again.
    if (network && this.#address?.network !== network.id) this.#address = network.take();
    return {
      ports: dialledPorts(this.#pod),
      network: this.#address && { id: this.#address.network, address: this.#address.address },
      dns: dns?.(this.#pod),
      extraHosts,
    };
  }
}
