// Opens knap's request path over real sockets as the emulator does: from a listener through gateway, activator and
// queue-proxy to an app.
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { RevisionKey, Stat } from "../../src/apis/autoscaling/types.ts";
import type { Probe } from "../../src/apis/core/pod-spec.ts";
import type { Ingress } from "../../src/apis/networking/types.ts";
import { monotonicClock } from "../../src/base/monotonic-clock.ts";
import { Activator } from "../../src/data-plane/activator/activator.ts";
import type { Backend } from "../../src/data-plane/activator/backend.ts";
import type { RevisionTraffic } from "../../src/data-plane/activator/revision-path.ts";
import { nodeForwarder } from "../../src/data-plane/http-client/node-forwarder.ts";
import { type OpenListener, openListener } from "../../src/data-plane/http-server/open-listener.ts";
import { IngressGateway } from "../../src/data-plane/ingress/ingress.ts";
import { compileRoutingTable } from "../../src/data-plane/ingress/routing-table.ts";
import { QueueProxy } from "../../src/data-plane/queue-proxy/queue-proxy.ts";

export const GATEWAY_ADDRESS = "10.0.0.1";
export const ACTIVATOR_ADDRESS = "10.0.0.2";
export const HOST = "hello.default.example.com";

/** An Ingress as the Route controller makes it: each revision with its share. */
export function makeIngress(shares: Readonly<Record<string, number>>, port = 80): Ingress {
  const splits = Object.entries(shares).map(([serviceName, percent]) => ({
    serviceNamespace: "default",
    serviceName,
    servicePort: port,
    percent,
    appendHeaders: { "Knative-Serving-Namespace": "default", "Knative-Serving-Revision": serviceName },
  }));
  const http = { paths: [{ splits }] };
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "Ingress",
    metadata: { name: "hello", namespace: "default" },
    spec: {
      rules: [
        { hosts: ["hello.default", "hello.default.svc.cluster.local"], visibility: "ClusterLocal", http },
        { hosts: [HOST], visibility: "ExternalIP", http },
      ],
    },
  };
}

export interface PodOptions {
  readonly name: string;
  /** Where the app listens on 127.0.0.1. */
  readonly port: number;
  readonly revision?: string;
  readonly containerConcurrency?: number;
  readonly timeoutSeconds?: number;
  readonly responseStartTimeoutSeconds?: number;
  readonly idleTimeoutSeconds?: number;
  /** Default: none, so the pod is always ready. */
  readonly readinessProbes?: readonly Probe[];
}

export interface RunningPod {
  readonly queueProxy: QueueProxy;
  backend(ready?: boolean): Backend;
  /**
   * Stops a pod as the kubelet does after the activator removed it: waits for its requests, then closes its
   * connections.
   */
  retire(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A running request path with a public listener. Disposing closes everything that it opened. */
export class DataPlane implements AsyncDisposable {
  readonly stats: { readonly revision: RevisionKey; readonly stat: Stat }[] = [];
  readonly activator: Activator;
  readonly gateway: IngressGateway;
  listener!: OpenListener;
  readonly #queueProxies: QueueProxy[] = [];
  readonly #servers: Server[] = [];
  readonly #agent = new Agent({ keepAlive: true });

  constructor() {
    this.activator = new Activator({
      clock: monotonicClock,
      random: Math.random,
      podName: "activator",
      address: ACTIVATOR_ADDRESS,
    });
    this.activator.onFirstRequest((first) => this.stats.push(first));
    this.gateway = new IngressGateway({
      address: GATEWAY_ADDRESS,
      random: Math.random,
      forward: (revision, exchange) => this.activator.handle(revision, exchange),
    });
  }

  static async start(...ingresses: readonly Ingress[]): Promise<DataPlane> {
    const plane = new DataPlane();
    plane.gateway.swap(compileRoutingTable(ingresses));
    plane.listener = await openListener({
      host: "127.0.0.1",
      port: 0,
      listener: "public",
      handler: plane.gateway.handle,
    });
    return plane;
  }

  /** Starts an HTTP/1 app and returns its port. */
  async app(listener: RequestListener): Promise<number> {
    return listen(this.adopt(createServer({ keepAliveTimeout: 60_000 }, listener)));
  }

  /** Closes this server when the path is disposed of. */
  adopt(server: Server): Server {
    this.#servers.push(server);
    return server;
  }

  /** Sends a GET, or a POST if there is a body, over a connection that stays open. */
  async send(path: string, headers: Readonly<Record<string, string>> = {}, sent?: string): Promise<Answer> {
    const { port } = this.listener;
    const method = sent === undefined ? "GET" : "POST";
    const to = { host: "127.0.0.1", port, path, method, agent: this.#agent };
    const outgoing = request({ ...to, headers: { Host: HOST, ...headers } });
    const [reply] = (await once(outgoing.end(sent), "response")) as [IncomingMessage];
    let body = "";
    for await (const chunk of reply) body += chunk;
    return { status: reply.statusCode ?? 0, headers: reply.headers, body };
  }

  pod(options: PodOptions): RunningPod {
    const { name, port, revision = "hello-00001" } = options;
    const queueProxy = new QueueProxy({
      config: {
        containerConcurrency: options.containerConcurrency ?? 0,
        timeoutSeconds: options.timeoutSeconds ?? 300,
        responseStartTimeoutSeconds: options.responseStartTimeoutSeconds ?? 0,
        idleTimeoutSeconds: options.idleTimeoutSeconds ?? 0,
        readinessProbes: options.readinessProbes ?? [],
        identity: {
          namespace: "default",
          service: "hello",
          configuration: "hello",
          revision,
          pod: name,
          podIP: "10.0.1.1",
        },
      },
      upstream: { host: "127.0.0.1", port },
      forwarders: nodeForwarder,
      clock: monotonicClock,
    });
    this.#queueProxies.push(queueProxy);
    const backend = (ready = true): Backend => ({
      pod: name,
      address: `${name}:8012`,
      handle: queueProxy.handle,
      ready,
    });
    const retire = async (): Promise<void> => {
      while (queueProxy.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await queueProxy.close();
    };
    return { backend, queueProxy, retire };
  }

  update(traffic: Partial<RevisionTraffic>, revision: RevisionKey = "default/hello-00001"): void {
    this.activator.update(revision, {
      backends: [],
      mode: "Proxy",
      containerConcurrency: 0,
      timeoutSeconds: 300,
      ...traffic,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.activator.close();
    await this.listener.close(0);
    await Promise.all(this.#queueProxies.map((queueProxy) => queueProxy.close()));
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}

/** Listens on a free loopback port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
