// Serves …/pods/NAME/portforward: forwards connections of a client to ports of a pod, over a WebSocket.
import type { Pod } from "../apis/core/types.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { quote } from "../base/go/quote.ts";
import { ok, type Result } from "../base/result.ts";
import {
  isPort,
  MAX_PORTS,
  PORT_FORWARD_PROTOCOLS,
  SPDY_TUNNEL,
  serveChannels,
  serveTunnel,
} from "../streaming/port-forward.ts";
import { acceptWebSocket } from "../streaming/websocket.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import type { PodStreams } from "./pod-streams.ts";
import { chooseProtocol } from "./stream-protocol.ts";

/** Errors follow kubelet's pkg/cri/streaming/portforward. */
export function forwardPorts(streams: PodStreams | undefined, request: ApiRequest, pod: Pod): ApiAnswer {
  const protocol = chooseProtocol(request, PORT_FORWARD_PROTOCOLS);
  if (!protocol.ok) return statusAnswer(protocol.error);
  const { name, uid } = pod.metadata;
  const ports = {
    pod: `${name}, uid ${uid}`,
    dial: async (port: number) => {
      if (!streams) throw new Error("this session has no containers");
      return streams.dial(pod, port);
    },
  };
  if (protocol.value === SPDY_TUNNEL) {
    return { stream: (exchange) => serveTunnel(acceptWebSocket(exchange, protocol.value), ports) };
  }
  const wanted = parsePorts(request.query);
  if (!wanted.ok) return statusAnswer(wanted.error);
  return {
    stream: (exchange) => serveChannels(acceptWebSocket(exchange, protocol.value), protocol.value, wanted.value, ports),
  };
}

function parsePorts(query: URLSearchParams): Result<readonly number[], ApiStatus> {
  const texts = query.getAll("ports").flatMap((text) => text.split(","));
  if (texts.length === 0) return refuse("BadRequest", 'query parameter "ports" is required');
  if (texts.length > MAX_PORTS) return refuse("BadRequest", `one request can forward at most ${MAX_PORTS} ports`);
  const wrong = texts.find((text) => !/^\d{1,5}$/.test(text) || !isPort(Number(text)));
  if (wrong === undefined) return ok(texts.map(Number));
  return refuse("BadRequest", `unable to parse ${quote(wrong)} as a port: must be a number from 1 to 65535`);
}
