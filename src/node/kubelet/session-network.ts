// The network of one session: deals out addresses on it, and opens it anew when somebody removed it (`docker network prune` while everything naps).
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { AddressPool } from "./address-pool.ts";
import { SESSION_LABEL } from "./orphans.ts";

export interface SessionNetworkOptions {
  readonly runtime: ContainerRuntime;
  readonly first: { readonly id: string; readonly pool: AddressPool };
  /** Of the network, should it have to be opened again. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An address, good as long as the network it was taken from. */
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

  /** Opens the network again if it is gone; callers at the same time share that. Throws what the runtime throws. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Closes what {@link renew} opened; the first network is closed by whoever opened it. */
  async close(): Promise<void> {
    if (this.#id !== this.#options.first.id) await this.#options.runtime.networks.close(this.#id);
  }

  async #renew(): Promise<void> {
    const { runtime, name, labels } = this.#options;
    const label = Object.keys(labels).find((key) => key === SESSION_LABEL) ?? Object.keys(labels)[0] ?? "";
    const there = await runtime.networks.list(`${label}=${labels[label]}`);
    if (there.some(({ id }) => id === this.#id)) return;
    const opened = await runtime.networks.open({ name, labels, subnet: this.#pool.subnet });
    this.#id = opened.id;
    this.#pool = new AddressPool(opened.subnet);
  }
}
