// Opens a loopback listener for each Knative Service, which ignores the Host of requests.
import { namespacedName } from "../apis/meta/key.ts";
import type { Address } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { ListenerLimits } from "../data-plane/http-server/open-listener.ts";
import { type OpenListener, openListener } from "../data-plane/http-server/open-listener.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import { LOOPBACK } from "./listen.ts";

export interface ServiceListenersOptions {
  readonly store: ObjectStore;
  readonly gateway: IngressGateway;
  readonly limits?: Partial<ListenerLimits> | undefined;
  readonly log: Logger;
}

export class ServiceListeners {
  readonly #options: ServiceListenersOptions;
  readonly #listeners = new Map<string, OpenListener | Promise<OpenListener | undefined>>();
  #closed = false;

  constructor(options: ServiceListenersOptions) {
    this.#options = options;
    options.store.watch({ kind: "Service.serving.knative.dev" }, ({ type, key }) => {
      const service = namespacedName(key);
      if (type === "DELETED") this.#remove(service);
      else if (!this.#listeners.has(service) && !this.#closed) this.#open(service);
    });
  }

  /** Undefined until the listener is open. */
  addressOf(namespace: string, name: string): Address | undefined {
    const listener = this.#listeners.get(namespacedName({ namespace, name }));
    return listener && "port" in listener ? { host: LOOPBACK, port: listener.port } : undefined;
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    const listeners = await Promise.all(this.#listeners.values());
    await Promise.all(listeners.map((listener) => listener?.close(graceMs)));
  }

  #open(service: string): void {
    const { gateway, limits, log } = this.#options;
    const handler = gateway.handlerForService(service);
    const at = { host: LOOPBACK, port: 0, listener: "public" } as const;
    const opening = openListener({ ...at, handler, limits }).then(
      (listener) => {
        // The Service may have been deleted and created again.
        if (this.#listeners.get(service) === opening) this.#listeners.set(service, listener);
        return listener;
      },
      (error: unknown) => {
        log.warn("no listener for the Service", { service, error });
        return undefined;
      },
    );
    this.#listeners.set(service, opening);
  }

  #remove(service: string): void {
    const listener = this.#listeners.get(service);
    this.#listeners.delete(service);
    void Promise.resolve(listener).then((open) => open?.close(0));
  }
}
