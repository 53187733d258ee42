// Assigns pod addresses on the session's network in turn, so that a freed address is not reused at once.

/** Lower addresses are reserved for the gateway and knap's helper containers. */
const FIRST_HOST = 10;
const LAST_HOST = 254;

export class AddressPool {
  readonly #prefix: string;
  readonly #taken = new Set<number>();
  #next = FIRST_HOST;

  readonly subnet: string;

  /** `subnet`: a /24 such as `10.213.0.0/24`. */
  constructor(subnet: string) {
    this.subnet = subnet;
    this.#prefix = subnet.replace(/\d+\/24$/, "");
  }

  /** The next free address; undefined when all are taken. */
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
