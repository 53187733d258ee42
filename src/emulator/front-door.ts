// Where requests come in: the public doors, the local gateway's door, one loopback door per Service; and the routing table that follows the store's Ingresses.
// It decides no route; that is the table's.
import type { Ingress } from "../apis/networking/types.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import { type OpenDoor, openDoor } from "../data-plane/http/server.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import { compileRoutingTable, type TableOptions } from "../data-plane/ingress/routing-table.ts";
import { type Address, EmulatorError } from "./options.ts";

export const DEFAULT_PORT = 8080;
const LOOPBACK = "127.0.0.1";
const LOOPBACK_6 = "::1";

export interface FrontDoorOptions {
  readonly gateway: IngressGateway;
  /** As the user gave it; 127.0.0.1 means both families. */
  readonly address: string;
  readonly port?: number;
  readonly log: Logger;
}

/** The doors of one session. Opened before the store exists, since URLs carry the port; they answer 404 until tables come. */
export class FrontDoor {
  readonly publicAddress: Address;
  readonly localAddress: Address;
  /** What the user should know about the ports. */
  readonly notices: readonly string[];
  readonly #options: FrontDoorOptions;
  readonly #doors: OpenDoor[];
  readonly #serviceDoors = new Map<string, OpenDoor | Promise<OpenDoor | undefined>>();
  /** What was compiled of Ingresses that are still the same. */
  readonly #compiled: NonNullable<TableOptions["known"]> = new WeakMap();
  #conflicts = "";
  #store: ObjectStore | undefined;
  #closed = false;

  private constructor(
    options: FrontDoorOptions,
    doors: OpenDoor[],
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
  static async open(options: FrontDoorOptions): Promise<FrontDoor> {
    const { gateway, address } = options;
    const first = await openPublic(options);
    const doors = [first.door];
    if (address === LOOPBACK || address === "localhost") {
      const second = await openDoor({
        host: LOOPBACK_6,
        port: first.door.port,
        door: "public",
        handler: gateway.handle,
      }).catch(() => undefined);
      if (second) doors.push(second);
      else options.log.debug("no IPv6 loopback door", { port: first.door.port });
    }
    const local = await openDoor({ host: LOOPBACK, port: 0, door: "local", handler: gateway.handle });
    doors.push(local);
    const shown = { host: address === "localhost" ? LOOPBACK : address, port: first.door.port };
    return new FrontDoor(options, doors, { public: shown, local: { host: LOOPBACK, port: local.port } }, first.notices);
  }

  /** Follows the Ingresses of this store from now on; every event of it goes to {@link observe}. */
  follow(store: ObjectStore): void {
    this.#store = store;
    this.#compile();
  }

  observe({ object, type }: Pick<WatchEvent, "type" | "object">): void {
    if (object.kind === "Ingress" && this.#store) this.#compile();
    if (object.kind === "Service" && object.apiVersion.startsWith("serving.")) {
      this.#observeService(`${object.metadata.namespace ?? ""}/${object.metadata.name}`, type === "DELETED");
    }
  }

  /** Where a Service is reached whatever the Host; undefined until its door is open. */
  serviceAddress(namespace: string, name: string): Address | undefined {
    const door = this.#serviceDoors.get(`${namespace}/${name}`);
    return door && "port" in door ? { host: LOOPBACK, port: door.port } : undefined;
  }

  /** Refuses new connections at once; requests on their way get `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    const services = await Promise.all(this.#serviceDoors.values());
    await Promise.all([...this.#doors, ...services].map((door) => door?.close(graceMs)));
  }

  #compile(): void {
    const ingresses = [...(this.#store?.list("Ingress.networking.internal.knative.dev") ?? [])].sort(olderFirst);
    const table = compileRoutingTable(ingresses, { known: this.#compiled });
    this.#options.gateway.swap(table);
    const conflicts = table.conflicts.map(({ host, ingress }) => `${host} (${ingress})`).join(", ");
    if (conflicts !== this.#conflicts && conflicts !== "") this.#options.log.warn("hosts claimed twice", { conflicts });
    this.#conflicts = conflicts;
  }

  #observeService(service: string, gone: boolean): void {
    const door = this.#serviceDoors.get(service);
    if (gone) {
      this.#serviceDoors.delete(service);
      void Promise.resolve(door).then((open) => open?.close(0));
      return;
    }
    if (door || this.#closed) return;
    const handler = this.#options.gateway.handlerForService(service);
    const opening = openDoor({ host: LOOPBACK, port: 0, door: "public", handler }).then(
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

/** Of two Ingresses that claim one host the older has it. */
function olderFirst(a: Ingress, b: Ingress): number {
  const age = compareText(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "");
  return age || compareText(a.metadata.name, b.metadata.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function openPublic({
  gateway,
  address,
  port,
}: FrontDoorOptions): Promise<{ readonly door: OpenDoor; readonly notices: readonly string[] }> {
  const host = address === "localhost" ? LOOPBACK : address;
  const open = (at: number): Promise<OpenDoor> => openDoor({ host, port: at, door: "public", handler: gateway.handle });
  try {
    return { door: await open(port ?? DEFAULT_PORT), notices: [] };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (port !== undefined || code !== "EADDRINUSE") throw portError(error, host, port ?? DEFAULT_PORT);
    const door = await open(0);
    return { door, notices: [`port ${DEFAULT_PORT} is taken; the ingress listens on ${door.port}`] };
  }
}

function portError(error: unknown, host: string, port: number): EmulatorError {
  const code = (error as NodeJS.ErrnoException).code;
  const what = `cannot listen on ${host}:${port}`;
  if (code === "EADDRINUSE")
    return new EmulatorError(what, "the port is taken", "Choose another with --port, or leave the flag out");
  if (code === "EACCES")
    return new EmulatorError(what, "this user may not open that port", "Choose one above 1023 with --port");
  if (code === "EADDRNOTAVAIL")
    return new EmulatorError(
      what,
      "the address is not one of this machine's",
      "Give one of its own with --address, or 0.0.0.0",
    );
  return new EmulatorError(what, String((error as Error).message ?? error), "Choose another address or port");
}
