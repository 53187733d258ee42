// Starts an API server on a free loopback port with its own store, and a client.
import { randomUUID } from "node:crypto";
import { ApiServer, type ApiServerOptions } from "../../src/api-server/api-server.ts";
import { type LogRecord, makeLogger } from "../../src/base/logger.ts";
import { monotonicClock } from "../../src/base/monotonic-clock.ts";
import type { ApiAccess, Client } from "../../src/client/client.ts";
import { makeHttpClient } from "../../src/client/http-client.ts";
import { ObjectStore, type StoreOptions } from "../../src/control-plane/store/object-store.ts";
import { makeLoopbackCertificate } from "../../src/gateway/certificates.ts";

export interface ApiRig extends ApiAccess, AsyncDisposable {
  readonly store: ObjectStore;
  readonly server: ApiServer;
  readonly client: Client;
  /** The server's internal errors. */
  readonly log: LogRecord[];
  /** Sends a raw request with the session's token. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function startApi(
  options: Partial<ApiServerOptions> & {
    readonly storeOptions?: Partial<StoreOptions>;
    /** Default: http. `send` needs http. */
    readonly scheme?: "http" | "https";
  } = {},
): Promise<ApiRig> {
  const { storeOptions, scheme, ...serverOptions } = options;
  const chance = { uid: randomUUID, suffix: () => randomUUID().slice(0, 5) };
  const store =
    serverOptions.store ?? new ObjectStore({ clock: monotonicClock, random: chance, freeze: true, ...storeOptions });
  const token = "secret";
  const log: LogRecord[] = [];
  const certificate = scheme === "https" ? await makeLoopbackCertificate(new Date()) : undefined;
  const server = new ApiServer({
    store,
    clock: monotonicClock,
    token,
    tls: certificate,
    log: makeLogger((record) => log.push(record)),
    ...serverOptions,
  });
  const address = await server.listen();
  const access = { address, token, authority: certificate?.authority };
  return {
    ...access,
    store,
    server,
    client: makeHttpClient(access),
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
