// …/pods/NAME:PORT/proxy/PATH: a request to a port of a pod, as `kubectl get --raw` and `kubectl proxy` send it. Who answers is told by the emulator.
// Bodies of requests are limited as everywhere in this API, and upgrades are not passed on.
import type { Pod } from "../apis/core/types.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import { quote } from "../base/go/quote.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import type { Exchange } from "../data-plane/http/exchange.ts";
import { type Answer, type ApiRequest, refuse } from "./answer.ts";
import { ProxiedExchange } from "./proxied-exchange.ts";
import type { Reading } from "./reads.ts";

/** Answers the exchange; resolves to why nobody could be reached when there was no answer. */
export type PodPort = (exchange: Exchange) => Promise<string | undefined>;
/** Who answers on a port of a pod; undefined: nobody listens there. */
export type PodPorts = (pod: Pod, port: number) => PodPort | undefined;

export interface PodProxyTarget {
  readonly namespace: string;
  /** `name`, `name:port`, `scheme:name:port`. */
  readonly id: string;
  /** What the pod is asked for: path and query. */
  readonly target: string;
}

const PROXY = /^\/api\/v1\/namespaces\/([^/?]+)\/pods\/([^/?]+)\/proxy(\/[^?]*)?(\?.*)?$/;

/** undefined: the path is another one. */
export function parsePodProxy({ url }: ApiRequest): PodProxyTarget | undefined {
  const [, namespace, id, path = "/", query = ""] = PROXY.exec(url) ?? [];
  if (namespace === undefined || id === undefined) return undefined;
  try {
    return { namespace: decodeURIComponent(namespace), id: decodeURIComponent(id), target: path + query };
  } catch {
    return undefined;
  }
}

/** `kubernetes pkg/registry/core/pod/strategy.go` (ResourceLocation) and `apimachinery/pkg/util/proxy`. */
export function proxyToPod(
  { store }: Reading,
  ports: PodPorts | undefined,
  request: ApiRequest,
  { namespace, id, target }: PodProxyTarget,
): Answer {
  const named = splitId(id);
  if (!named) return refuse(makeFailure("BadRequest", `invalid pod request ${quote(id)}`));
  const { scheme, name } = named;
  const pod = store.get("Pod", namespace, name);
  if (!pod) return refuse(makeNotFound({ kind: "Pod", namespace, name }));
  const address = pod.status?.podIP;
  if (!address) return refuse(makeFailure("BadRequest", "address not allowed"));
  const port = named.port || String(firstPort(pod));
  if (!/^\d+$/.test(port)) return unreachable(`dial tcp: lookup tcp/${port}: unknown port`);
  const handle = ports?.(pod, Number(port));
  if (!handle) return unreachable(`dial tcp ${address}:${port}: connect: connection refused`);
  if (scheme === "https") return unreachable("http: server gave HTTP response to HTTPS client");
  return {
    stream: async (response) => {
      const exchange = new ProxiedExchange(request, response, target);
      const why = await handle(exchange);
      if (exchange.started) return undefined;
      if (why !== undefined) return unreachable(why);
      exchange.abort("no answer");
      return undefined;
    },
  };
}

function unreachable(why: string): Answer {
  return refuse(makeFailure("ServiceUnavailable", `error trying to reach service: ${why}`));
}

interface PodName {
  readonly scheme: string;
  readonly name: string;
  readonly port: string;
}

function splitId(id: string): PodName | undefined {
  const parts = id.split(":");
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  if (parts.length > 3 || name === "") return undefined;
  return scheme === "" || scheme === "http" || scheme === "https" ? { scheme, name, port } : undefined;
}

/** Of the first container that has one. */
function firstPort({ spec }: Pod): number {
  return spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort ?? 80;
}
