// Opens the listeners of a session (public, local, one loopback port per Service, https on demand), and compiles the
// store's Ingresses into the routing table.
import type { Stored } from "../apis/meta/object.ts";
import type { Ingress } from "../apis/networking/types.ts";
import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { Throttle } from "../base/throttle.ts";
import type { HttpsListener } from "../client/live.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import type { LocalReply } from "../data-plane/http/errors.ts";
import { type ProbeRequest, sendProbe } from "../data-plane/http/probe-exchange.ts";
import type { ListenerLimits } from "../data-plane/http-server/open-listener.ts";
import { type OpenListener, openListener } from "../data-plane/http-server/open-listener.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import {
  compileRoutingTable,
  type RoutingTable,
  type RoutingTableOptions,
} from "../data-plane/ingress/routing-table.ts";
import { type GatewayPorts, gatewayPorts, makeGatewayServices, publicGatewayKey } from "./gateway-services.ts";
import { LOOPBACK, listen, openToNetwork } from "./listen.ts";
import { ServiceListeners } from "./service-listeners.ts";
import { TlsListener } from "./tls-listener.ts";

const DEFAULT_PORT = 8080;

export interface GatewayListenersOptions {
  readonly store: ObjectStore;
  readonly gateway: IngressGateway;
  /** From the user. 127.0.0.1 means both families. */
  readonly address: string;
  readonly port?: number | undefined;
  /** See `EmulatorOptions.httpsPort`. */
  readonly httpsPort?: number | undefined;
  /** Apply to each listener. */
  readonly limits?: Partial<ListenerLimits> | undefined;
  /** Folder of the local certificate authority. */
  readonly authorityFolder: string;
  /** Called with the public ports at the start, and again when https opens. */
  readonly onPorts: (ports: GatewayPorts) => void;
  readonly log: Logger;
}

interface PlainListeners {
  readonly all: readonly OpenListener[];
  readonly publicAddress: Address;
  readonly localAddress: Address;
  readonly notices: readonly string[];
}

export class GatewayListeners {
  readonly publicAddress: Address;
  readonly localAddress: Address;
  /** Notices for the user. */
  readonly notices: readonly string[];
  readonly #options: GatewayListenersOptions;
  readonly #plain: readonly OpenListener[];
  readonly #services: ServiceListeners;
  /** Cache of compiled Ingresses. */
  readonly #compiled: NonNullable<RoutingTableOptions["known"]> = new WeakMap();
  /** Compiles one table for many changes of Ingresses. */
  readonly #compiling = new Throttle(() => this.#tryCompile());
  #conflicts = "";
  /** The errors of Ingresses that are not served, to log each once. */
  #failures: ReadonlyMap<string, string> = new Map();
  #tls: TlsListener | undefined;
  #openingTls: Promise<void> | undefined;
  /** https could not be opened and is not tried again. */
  #isTlsBroken = false;
  /** Numbers the tables, so that a table that waits for certificates never replaces a newer one. */
  #compilations = 0;
  #closed = false;

  private constructor(options: GatewayListenersOptions, plain: PlainListeners) {
    this.#options = options;
    this.#plain = plain.all;
    this.publicAddress = plain.publicAddress;
    this.localAddress = plain.localAddress;
    this.notices = plain.notices;
    this.#services = new ServiceListeners(options);
  }

  /** Rejects with an {@link EnvironmentError} if the user's port cannot be opened; no listener stays open. */
  static async open(options: GatewayListenersOptions): Promise<GatewayListeners> {
    const listeners = new GatewayListeners(options, await openPlain(options));
    // Without the user's port https opens on demand, because the authority takes time.
    if (options.httpsPort) {
      try {
        await listeners.#openTls();
      } catch (error) {
        await listeners.close(0);
        throw error;
      }
    }
    listeners.#start();
    return listeners;
  }

  /** Undefined while https is not served. */
  get tlsAddress(): Address | undefined {
    return this.#tls && { host: this.#tls.host, port: this.#tls.port };
  }

  /** Port and authority for users; undefined while https is not served. */
  get https(): HttpsListener | undefined {
    return this.#tls && { port: this.#tls.port, authority: this.#tls.authority.file };
  }

  /** Replies to a probe when the table contains all current Ingresses. Resolves to undefined without a reply. */
  async probe(probe: Omit<ProbeRequest, "peer">): Promise<LocalReply | undefined> {
    await this.#compiling.settled();
    return sendProbe(this.#options.gateway.handle, { ...probe, peer: LOOPBACK });
  }

  /** Returns the address of a Service's own listener; undefined until it is open. */
  serviceAddress(namespace: string, name: string): Address | undefined {
    return this.#services.addressOf(namespace, name);
  }

  /** Refuses new connections at once. Requests in flight get `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#compiling.close();
    const services = this.#services.close(graceMs);
    await this.#openingTls;
    await Promise.all([services, ...[...this.#plain, this.#tls].map((listener) => listener?.close(graceMs))]);
  }

  #start(): void {
    const { store, onPorts } = this.#options;
    const ports = this.#ports();
    for (const service of makeGatewayServices(ports)) store.create(service);
    onPorts(ports);
    this.#compile();
    store.watch({}, (event) => this.#observe(event));
  }

  #ports(): GatewayPorts {
    return { http: this.publicAddress.port, https: this.tlsAddress?.port };
  }

  #observe({ object, old, type }: WatchEvent): void {
    const isRouteChange = object.kind === "Ingress" && (type !== "MODIFIED" || isRoutedAnew(object, old));
    if (isRouteChange || (object.kind === "Secret" && this.#tls)) this.#compiling.request();
  }

  /** Runs in a timer, where an exception would end the process. */
  #tryCompile(): void {
    try {
      this.#compile();
    } catch (error) {
      this.#options.log.error("routing table not compiled; the present one stays", { error });
    }
  }

  #compile(): void {
    const { store } = this.#options;
    const ingresses = [...store.list("Ingress.networking.internal.knative.dev")].sort(olderFirst);
    this.#compilations += 1;
    const table = compileRoutingTable(ingresses, { known: this.#compiled, httpsPort: this.tlsAddress?.port });
    if (this.#tls) this.#certify(this.#tls, table);
    else if (this.#canOpenTls() && table.needsTls) this.#openingTls ??= this.#openTlsLate();
    else this.#swap(table);
  }

  /** Swaps as soon as every public host has a certificate: at once, unless a host is new. */
  #certify(tls: TlsListener, table: RoutingTable): void {
    tls.applySecrets(table.secrets, this.#options.store);
    const hosts = tls.missing(table.publicHosts);
    const compilation = this.#compilations;
    const swapIfNewest = (): void => {
      if (compilation === this.#compilations) this.#swap(table);
    };
    if (hosts.length === 0) swapIfNewest();
    else {
      tls.prepare(hosts).then(swapIfNewest, (error: unknown) => {
        this.#options.log.warn("hosts without a certificate", { error });
        swapIfNewest();
      });
    }
  }

  #swap(table: RoutingTable): void {
    this.#options.gateway.swap(table);
    const failures = new Map(table.failures.map(({ ingress, error }) => [ingress, errorText(error)]));
    for (const [ingress, error] of failures)
      if (this.#failures.get(ingress) !== error) this.#options.log.error("Ingress not served", { ingress, error });
    this.#failures = failures;
    const conflicts = table.conflicts.map(({ host, ingress }) => `${host} (${ingress})`).join(", ");
    if (conflicts !== this.#conflicts && conflicts !== "") this.#options.log.warn("hosts claimed twice", { conflicts });
    this.#conflicts = conflicts;
  }

  #canOpenTls(): boolean {
    return this.#options.httpsPort !== 0 && !this.#closed && !this.#isTlsBroken;
  }

  /** The old table stays until the listener is open. */
  async #openTlsLate(): Promise<void> {
    const { store, onPorts, log } = this.#options;
    try {
      await this.#openTls();
      const ports = this.#ports();
      store.patchMerge(publicGatewayKey, { spec: { ports: gatewayPorts(ports) } });
      onPorts(ports);
    } catch (error) {
      this.#isTlsBroken = true;
      log.error("https is not served", { error });
    }
    this.#tryCompile();
  }

  async #openTls(): Promise<void> {
    const { gateway, address, httpsPort: port, authorityFolder: folder, limits, log } = this.#options;
    this.#tls = await TlsListener.open({ address, port, limits, folder, handler: gateway.handle, log });
    log.info("https is served", { port: this.#tls.port, authority: this.#tls.authority.file });
  }
}

async function openPlain({ gateway, address, port, limits, log }: GatewayListenersOptions): Promise<PlainListeners> {
  const handler = gateway.handle;
  const port0 = { defaultPort: DEFAULT_PORT, name: "ingress", flag: "--port" };
  const open = await listen({ address, port, limits, ...port0, listener: "public", handler });
  if (open.host === LOOPBACK && open.listeners.length === 1)
    log.debug("no public listener on the IPv6 loopback address", { port: open.port });
  const local = await openListener({ host: LOOPBACK, port: 0, listener: "local", handler, limits });
  return {
    all: [...open.listeners, local],
    publicAddress: { host: open.host, port: open.port },
    localAddress: { host: LOOPBACK, port: local.port },
    notices: [...open.notices, openToNetwork(address) ?? []].flat(),
  };
}

/** False if only the status changed. */
function isRoutedAnew(object: Stored, old: Stored | undefined): boolean {
  const { labels, annotations } = object.metadata;
  if (!old) return true;
  return object.spec !== old.spec || labels !== old.metadata.labels || annotations !== old.metadata.annotations;
}

/** Sorts by age: the older of two Ingresses gets a host that both claim. */
function olderFirst(a: Stored<Ingress>, b: Stored<Ingress>): number {
  const age = compareText(a.metadata.creationTimestamp, b.metadata.creationTimestamp);
  return age || compareText(a.metadata.name, b.metadata.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
