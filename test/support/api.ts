// Starts an API server on a free loopback port with its own store, and a client.
import { randomUUID } from "node:crypto";
import { ApiServer, type ApiServerOptions } from "../../src/api-server/api-server.ts";
import { type LogRecord, makeLogger } from "../../src/base/logger.ts";
import { monotonicClock } from "../../src/base/monotonic-clock.ts";
import type { Client } from "../../src/client/client.ts";
import { makeHttpClient } from "../../src/client/http-client.ts";
import { ObjectStore, type StoreOptions } from "../../src/control-plane/store/object-store.ts";

export interface ApiRig extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly server: ApiServer;
  readonly address: string;
  readonly token: string;
  readonly client: Client;
  /** The server's internal errors. */
  readonly log: LogRecord[];
  /** Sends a raw request with the session's token. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function startApi(
  options: Partial<ApiServerOptions> & { readonly storeOptions?: Partial<StoreOptions> } = {},
): Promise<ApiRig> {
  const { storeOptions, ...serverOptions } = options;
  const chance = { uid: randomUUID, suffix: () => randomUUID().slice(0, 5) };
  const store =
    serverOptions.store ?? new ObjectStore({ clock: monotonicClock, random: chance, freeze: true, ...storeOptions });
  const token = "secret";
  const log: LogRecord[] = [];
  const server = new ApiServer({
    store,
    clock: monotonicClock,
    token,
    log: makeLogger((record) => log.push(record)),
    ...serverOptions,
  });
  const address = await server.listen();
  return {
    store,
    server,
    address,
    token,
    client: makeHttpClient({ address, token }),
    log,
    send: (method, path, body, headers = {}) =>
      fetch(address + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A small Knative Service. */
export const ksvc = (name: string, image = "example.com/hello") => ({
  apiVersion: "serving.knative.dev/v1" as const,
  kind: "Service" as const,
  metadata: { name },
  spec: { template: { spec: { containers: [{ image }] } } },
});
