// Assigns addresses on the session's network. Opens the network again if it was removed (`docker network prune`).
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { SESSION_LABEL } from "./orphans.ts";

export interface SessionNetworkOptions {
  readonly runtime: ContainerRuntime;
  readonly first: { readonly id: string; readonly subnet: string };
  /** The name of a network that is opened again. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The address of a pod. It is valid while its network exists. */
export interface NetworkAddress {
  readonly network: string;
  readonly address: string;
}

/** Lower addresses are reserved for the gateway and knap's helper containers. */
const FIRST_HOST = 10;
const LAST_HOST = 254;

/** Assigns the addresses of a /24 in turn, so that a freed address is not reused at once. */
export class AddressPool {
  readonly subnet: string;
  readonly #prefix: string;
  readonly #taken = new Set<number>();
  #next = FIRST_HOST;

  constructor(subnet: string) {
    this.subnet = subnet;
    this.#prefix = subnet.replace(/\d+\/24$/, "");
  }

  /** Returns the next free address; undefined if all are taken. */
  take(): string | undefined {
    for (let tries = FIRST_HOST; tries <= LAST_HOST; tries++) {
      const host = this.#next;
      this.#next = host === LAST_HOST ? FIRST_HOST : host + 1;
      if (this.#taken.has(host)) continue;
      this.#taken.add(host);
      return `${this.#prefix}${host}`;
    }
    return undefined;
  }

  give(address: string): void {
    this.#taken.delete(Number(address.slice(this.#prefix.length)));
  }
}

export class SessionNetwork {
  readonly #options: SessionNetworkOptions;
  #id: string;
  #pool: AddressPool;
  #renewing: Promise<void> | undefined;

  constructor(options: SessionNetworkOptions) {
    this.#options = options;
    this.#id = options.first.id;
    this.#pool = new AddressPool(options.first.subnet);
  }

  get id(): string {
    return this.#id;
  }

  /** Returns the next free address; undefined if all are taken. */
  take(): NetworkAddress | undefined {
    const address = this.#pool.take();
    return address === undefined ? undefined : { network: this.#id, address };
  }

  give({ network, address }: NetworkAddress): void {
    if (network === this.#id) this.#pool.give(address);
  }

  /** Opens the network again if it no longer exists. Concurrent calls share the work. Rejects with a RuntimeError. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Closes a network that {@link renew} opened. The caller of the constructor closes the first one. */
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
