// Where requests come in: the public doors, the local gateway's door, one loopback door per Service; and the routing table that follows the store's Ingresses.
// It decides no route; that is the table's.
import type { AnyObject } from "../apis/meta/object.ts";
import type { Ingress } from "../apis/networking/types.ts";
import type { Address } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import { Throttle } from "../base/throttle.ts";
import type { HttpsListener } from "../client/live.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import type { Reply } from "../data-plane/http/errors.ts";
import { askHandler, type ProbeQuestion } from "../data-plane/http/probe-exchange.ts";
import type { ListenerLimits } from "../data-plane/http-server/limits.ts";
import { type OpenListener, openListener } from "../data-plane/http-server/open-listener.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import { compileRoutingTable, type RoutingTable, type TableOptions } from "../data-plane/ingress/routing-table.ts";
import { LOOPBACK, listen } from "./listen.ts";
import { asksForTls, TlsListener } from "./tls-listener.ts";

const DEFAULT_PORT = 8080;

export interface GatewayListenersOptions {
  readonly gateway: IngressGateway;
  /** As the user gave it; 127.0.0.1 means both families. */
  readonly address: string;
  readonly port?: number;
  /** See `EmulatorOptions.httpsPort`. */
  readonly httpsPort?: number;
  /** Of all its doors. */
  readonly limits?: Partial<ListenerLimits>;
  /** Where the local certificate authority is kept. */
  readonly authorityFolder: string;
  /** https is served from now on. */
  readonly onTls: () => void;
  readonly log: Logger;
}

/** The doors of one session. Opened before the store exists, since URLs carry the port; they answer 404 until tables come. */
export class GatewayListeners {
  readonly publicAddress: Address;
  readonly localAddress: Address;
  /** What the user should know about the ports. */
  readonly notices: readonly string[];
  readonly #options: GatewayListenersOptions;
  readonly #doors: OpenListener[];
  readonly #serviceDoors = new Map<string, OpenListener | Promise<OpenListener | undefined>>();
  /** What was compiled of Ingresses that are still the same. */
  readonly #compiled: NonNullable<TableOptions["known"]> = new WeakMap();
  /** A thousand Ingresses on their way at once make no thousand tables. */
  readonly #compiling = new Throttle(() => this.#compile());
  #conflicts = "";
  #tls: TlsListener | undefined;
  #openingTls: Promise<void> | undefined;
  /** It could not be opened, and is not tried again. */
  #withoutTls = false;
  /** Tables are compiled in this order; one whose certificates are late does not take the place of a newer one. */
  #compilations = 0;
  #store: ObjectStore | undefined;
  #closed = false;

  private constructor(
    options: GatewayListenersOptions,
    doors: OpenListener[],
    addresses: { readonly public: Address; readonly local: Address },
    notices: readonly string[],
  ) {
    this.#options = options;
    this.#doors = doors;
    this.publicAddress = addresses.public;
    this.localAddress = addresses.local;
    this.notices = notices;
  }

  /** Rejects with an {@link EmulatorError} when the port that the user named cannot be had. */
  static async open(options: GatewayListenersOptions): Promise<GatewayListeners> {
    const { gateway, address, port, httpsPort, log, limits } = options;
    const handler = gateway.handle;
    const named = { ...(port !== undefined && { port }), ...(limits && { limits }) };
    const ours = { ...named, defaultPort: DEFAULT_PORT, what: "ingress", flag: "--port" };
    const open = await listen({ address, ...ours, listener: "public", handler });
    if (open.host === LOOPBACK && open.listeners.length === 1) log.debug("no IPv6 loopback door", { port: open.port });
    const local = await openListener({
      host: LOOPBACK,
      port: 0,
      listener: "local",
      handler,
      ...(limits && { limits }),
    });
    const addresses = {
      public: { host: open.host, port: open.port },
      local: { host: LOOPBACK, port: local.port },
    };
    const front = new GatewayListeners(options, [...open.listeners, local], addresses, open.notices);
    // Else it is opened when the first Ingress asks for it: most sessions have none, and making an authority takes its time.
    if (!httpsPort) return front;
    try {
      await front.#openTls();
      return front;
    } catch (error) {
      await front.close(0);
      throw error;
    }
  }

  /** Where https is served; undefined while nobody asks for it. */
  get tlsAddress(): Address | undefined {
    return this.#tls && { host: this.#tls.host, port: this.#tls.port };
  }

  /** The https door for people: its port, and whom to trust. */
  get https(): HttpsListener | undefined {
    return this.#tls && { port: this.#tls.port, authority: this.#tls.authority.file };
  }

  /** Follows the Ingresses of this store from now on; every event of it goes to {@link observe}. */
  follow(store: ObjectStore): void {
    this.#store = store;
    this.#compile();
  }

  observe({ object, old, type }: Pick<WatchEvent, "type" | "object" | "old">): void {
    const isOther = type !== "MODIFIED" || isRoutedAnew(object, old);
    if (object.kind === "Ingress" && this.#store && isOther) this.#compiling.request();
    if (object.kind === "Secret" && this.#store && this.#tls) this.#compiling.request();
    if (object.kind === "Service" && object.apiVersion.startsWith("serving.")) {
      this.#observeService(`${object.metadata.namespace ?? ""}/${object.metadata.name}`, type === "DELETED");
    }
  }

  /** A probe as it would fare at one of the doors, once the table tells of all Ingresses as they are now; undefined: no answer. */
  async probe(question: Omit<ProbeQuestion, "peer">): Promise<Reply | undefined> {
    await this.#compiling.settled();
    return askHandler(this.#options.gateway.handle, { ...question, peer: LOOPBACK });
  }

  /** Where a Service is reached whatever the Host; undefined until its door is open. */
  serviceAddress(namespace: string, name: string): Address | undefined {
    const door = this.#serviceDoors.get(`${namespace}/${name}`);
    return door && "port" in door ? { host: LOOPBACK, port: door.port } : undefined;
  }

  /** Refuses new connections at once; requests on their way get `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#compiling.close();
    const services = await Promise.all(this.#serviceDoors.values());
    await this.#openingTls;
    await Promise.all([...this.#doors, ...services, this.#tls].map((door) => door?.close(graceMs)));
  }

  #compile(): void {
    const store = this.#store;
    if (!store) return;
    const ingresses = [...store.list("Ingress.networking.internal.knative.dev")].sort(olderFirst);
    this.#compilations += 1;
    if (this.#tls) this.#certify(this.#tls, ingresses, store);
    else if (this.#mayOpenTls() && asksForTls(ingresses)) this.#openingTls ??= this.#openTlsLate();
    else this.#swap(this.#tableOf(ingresses));
  }

  /** Swaps as soon as every public host has a certificate: at once, unless a host is new. */
  #certify(tls: TlsListener, ingresses: readonly Ingress[], store: ObjectStore): void {
    tls.follow(ingresses, store);
    const table = this.#tableOf(ingresses);
    const hosts = tls.missing(table.publicHosts);
    const turn = this.#compilations;
    const swapIfNewest = (): void => {
      if (turn === this.#compilations) this.#swap(table);
    };
    if (hosts.length === 0) swapIfNewest();
    else {
      tls.prepare(hosts).then(swapIfNewest, (error: unknown) => {
        this.#options.log.error("hosts without a certificate", { hosts, error });
        swapIfNewest();
      });
    }
  }

  #tableOf(ingresses: readonly Ingress[]): RoutingTable {
    const httpsPort = this.tlsAddress?.port;
    return compileRoutingTable(ingresses, { known: this.#compiled, ...(httpsPort !== undefined && { httpsPort }) });
  }

  #swap(table: RoutingTable): void {
    this.#options.gateway.swap(table);
    const conflicts = table.conflicts.map(({ host, ingress }) => `${host} (${ingress})`).join(", ");
    if (conflicts !== this.#conflicts && conflicts !== "") this.#options.log.warn("hosts claimed twice", { conflicts });
    this.#conflicts = conflicts;
  }

  #mayOpenTls(): boolean {
    return this.#options.httpsPort !== 0 && !this.#closed && !this.#withoutTls;
  }

  /** Until it is open requests follow the old table. */
  async #openTlsLate(): Promise<void> {
    try {
      await this.#openTls();
      this.#options.onTls();
    } catch (error) {
      this.#withoutTls = true;
      this.#options.log.error("https is not served", { error });
    }
    this.#compile();
  }

  async #openTls(): Promise<void> {
    const { gateway, address, httpsPort: port, authorityFolder: folder, limits, log } = this.#options;
    const asked = { ...(port !== undefined && { port }), ...(limits && { limits }) };
    this.#tls = await TlsListener.open({ address, ...asked, folder, handler: gateway.handle, log });
    log.info("https is served", { port: this.#tls.port, authority: this.#tls.authority.file });
  }

  #observeService(service: string, gone: boolean): void {
    const door = this.#serviceDoors.get(service);
    if (gone) {
      this.#serviceDoors.delete(service);
      void Promise.resolve(door).then((open) => open?.close(0));
      return;
    }
    if (door || this.#closed) return;
    const { gateway, limits } = this.#options;
    const handler = gateway.handlerForService(service);
    const opening = openListener({
      host: LOOPBACK,
      port: 0,
      listener: "public",
      handler,
      ...(limits && { limits }),
    }).then(
      (open) => {
        if (this.#serviceDoors.get(service) === opening) this.#serviceDoors.set(service, open);
        return open;
      },
      (error: unknown) => {
        this.#options.log.warn("no door for the Service", { service, error });
        return undefined;
      },
    );
    this.#serviceDoors.set(service, opening);
  }
}

/** False for a change of its status alone: a table says nothing of that. */
function isRoutedAnew(object: AnyObject, old: AnyObject | undefined): boolean {
  const { labels, annotations } = object.metadata;
  if (!old) return true;
  return object.spec !== old.spec || labels !== old.metadata.labels || annotations !== old.metadata.annotations;
}

/** Of two Ingresses that claim one host the older has it. */
function olderFirst(a: Ingress, b: Ingress): number {
  const age = compareText(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "");
  return age || compareText(a.metadata.name, b.metadata.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
