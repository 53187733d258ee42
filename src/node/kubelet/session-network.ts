// The network of one session: assigns addresses on it, and opens it again after `docker network prune` removed it.
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { AddressPool } from "./address-pool.ts";
import { SESSION_LABEL } from "./orphans.ts";

export interface SessionNetworkOptions {
  readonly runtime: ContainerRuntime;
  readonly first: { readonly id: string; readonly pool: AddressPool };
  /** The name of the network when it is opened again. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An address, valid while its network exists. */
export interface Place {
  readonly network: string;
  readonly address: string;
}

export class SessionNetwork {
  readonly #options: SessionNetworkOptions;
  #id: string;
  #pool: AddressPool;
  #renewing: Promise<void> | undefined;

  constructor(options: SessionNetworkOptions) {
    this.#options = options;
    this.#id = options.first.id;
    this.#pool = options.first.pool;
  }

  get id(): string {
    return this.#id;
  }

  /** The next free address; undefined when all are taken. */
  take(): Place | undefined {
    const address = this.#pool.take();
    return address === undefined ? undefined : { network: this.#id, address };
  }

  give({ network, address }: Place): void {
    if (network === this.#id) this.#pool.give(address);
  }

  /**
   * Opens the network again if it no longer exists. Concurrent calls share one attempt. Throws what the runtime throws.
   */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Closes a network that {@link renew} opened. The first network belongs to the caller. */
  async close(): Promise<void> {
    if (this.#id !== this.#options.first.id) await this.#options.runtime.networks.close(this.#id);
  }

  async #renew(): Promise<void> {
    const { runtime, name, labels } = this.#options;
    const label = Object.keys(labels).find((key) => key === SESSION_LABEL) ?? Object.keys(labels)[0] ?? "";
    const existing = await runtime.networks.list(`${label}=${labels[label]}`);
    if (existing.some(({ id }) => id === this.#id)) return;
    const opened = await runtime.networks.open({ name, labels, subnet: this.#pool.subnet });
    this.#id = opened.id;
    this.#pool = new AddressPool(opened.subnet);
  }
}
