// Serves …/pods/NAME:PORT/proxy/PATH: passes a request to a port of a pod. Upgrades are not supported.
import type { Pod } from "../apis/core/types.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import { quote } from "../base/go/quote.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import type { Exchange } from "../data-plane/http/exchange.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import { ProxiedExchange } from "./proxied-exchange.ts";

/** Answers the exchange. Without an answer, resolves to the reason why the port was unreachable. */
type PodPortHandler = (exchange: Exchange) => Promise<string | undefined>;
/** The handler for a port of a pod; undefined if the port is closed. */
export type PodPorts = (pod: Pod, port: number) => PodPortHandler | undefined;

export interface PodProxyTarget {
  readonly namespace: string;
  /** `name`, `name:port`, `scheme:name:port`. */
  readonly id: string;
  /** Path and query for the pod. */
  readonly target: string;
}

const PROXY = /^\/api\/v1\/namespaces\/([^/?]+)\/pods\/([^/?]+)\/proxy(\/[^?]*)?(\?.*)?$/;

/** Returns undefined if the request is for another path. */
export function parsePodProxy({ url }: ApiRequest): PodProxyTarget | undefined {
  const [, namespace, id, path = "/", query = ""] = PROXY.exec(url) ?? [];
  if (namespace === undefined || id === undefined) return undefined;
  try {
    return { namespace: decodeURIComponent(namespace), id: decodeURIComponent(id), target: path + query };
  } catch {
    return undefined;
  }
}

/** Errors follow ResourceLocation in kubernetes' pkg/registry/core/pod/strategy.go and apimachinery/pkg/util/proxy. */
export function proxyToPod(
  { store }: { readonly store: ObjectStore },
  ports: PodPorts | undefined,
  request: ApiRequest,
  { namespace, id, target }: PodProxyTarget,
): ApiAnswer {
  const podName = splitId(id);
  const invalid = statusAnswer(makeFailure("BadRequest", `invalid pod request ${quote(id)}`));
  if (!podName) return invalid;
  const { scheme, name } = podName;
  const pod = store.get("Pod", namespace, name);
  if (!pod) return statusAnswer(makeNotFound({ kind: "Pod", namespace, name }));
  const address = pod.status?.podIP;
  if (!address) return statusAnswer(makeFailure("BadRequest", "address not allowed"));
  const port = podName.port || String(firstPort(pod));
  if (isNoPort(port)) return invalid;
  if (!/^\d+$/.test(port)) return unreachable(`dial tcp: lookup tcp/${port}: unknown port`);
  const handle = ports?.(pod, Number(port));
  if (!handle) return unreachable(`dial tcp ${address}:${port}: connect: connection refused`);
  if (scheme === "https") return unreachable("http: server gave HTTP response to HTTPS client");
  return {
    stream: async (client) => {
      const exchange = new ProxiedExchange(request, client, target);
      const error = await handle(exchange);
      if (exchange.started) return undefined;
      if (error !== undefined) return unreachable(error);
      exchange.abort("no answer");
      return undefined;
    },
  };
}

function unreachable(error: string): ApiAnswer {
  return statusAnswer(makeFailure("ServiceUnavailable", `error trying to reach service: ${error}`));
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

/** Returns true for a number outside of 1 to 65535. */
function isNoPort(port: string): boolean {
  return /^[-+]?\d+$/.test(port) && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535);
}

/** Returns the first declared port of the pod's containers; 80 if no container declares a port. */
function firstPort({ spec }: Pod): number {
  return spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort ?? 80;
}
