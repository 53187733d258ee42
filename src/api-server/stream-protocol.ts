// Chooses the subprotocol of a request for a stream.
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { ok, type Result } from "../base/result.ts";
import { upgradeType } from "../data-plane/http/headers.ts";
import { isWebSocketRequest, offeredProtocols } from "../streaming/websocket.ts";
import type { ApiRequest } from "./api-answer.ts";

/** Returns the subprotocol that the client prefers of those that are supported; "" for a client that offers none. */
export function chooseProtocol({ headers }: ApiRequest, supported: readonly string[]): Result<string, ApiStatus> {
  if (/^spdy\//i.test(upgradeType(headers) ?? "")) {
    return refuse(
      "BadRequest",
      "streams need WebSocket here, and this client asks for SPDY: use kubectl 1.31 or newer",
    );
  }
  if (!isWebSocketRequest(headers)) return refuse("BadRequest", "Upgrade request required");
  const offered = offeredProtocols(headers);
  const protocol = offered.length === 0 ? "" : offered.find((name) => supported.includes(name));
  if (protocol !== undefined) return ok(protocol);
  const list = (names: readonly string[]): string => `[${names.join(" ")}]`;
  const why = `requested protocol(s) are not supported: ${list(offered)}; supports ${list(supported)}`;
  return refuse("BadRequest", why);
}
