// Adds two checks to the client library's requests: the path of a request must be clean, and a response that is cut
// must be an error.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type Docker from "dockerode";
import { RuntimeError } from "../runtime.ts";

type BuildRequest = (
  options: { readonly path?: string; readonly method?: string },
  context: unknown,
  data: unknown,
  callback: (error: unknown) => void,
) => void;

/**
 * Makes the client refuse requests with an empty or malformed id or name (code `invalid`), and follow no redirect. The
 * engine would redirect a path with an empty or dot segment, and docker-modem follows without an error listener.
 */
export function guardRequests(docker: Docker): void {
  const modem = docker.modem as unknown as { buildRequest: BuildRequest };
  const build = modem.buildRequest.bind(modem);
  modem.buildRequest = (options, context, data, callback) => {
    const { path = "", method = "GET" } = options;
    if (isCleanPath(path)) return build({ ...options, maxRedirects: 0 } as typeof options, context, data, callback);
    callback(
      new RuntimeError("invalid", `${method} ${path}: the id or name in this engine request is empty or malformed`),
    );
  };
}

/**
 * Reports a response that is cut as an error of its request. docker-modem listens for errors of the request only, so
 * the call would never settle. Covers the requests of `agent` until disposed.
 */
export function reportCutResponses(agent: Agent): Disposable {
  const onResponse = (message: unknown): void => {
    const { request, response } = message as { request: ClientRequest & { agent?: Agent }; response: IncomingMessage };
    if (request.agent === agent) response.once("error", (error) => request.emit("error", error));
  };
  subscribe("http.client.response.finish", onResponse);
  return { [Symbol.dispose]: () => void unsubscribe("http.client.response.finish", onResponse) };
}

/** Returns true if each segment of the path names something. */
function isCleanPath(path: string): boolean {
  const [name = ""] = path.split("?", 1);
  const segments = name.split("/").slice(1);
  return segments.length > 0 && segments.every((segment) => !["", ".", ".."].includes(decode(segment)));
}

/** Decodes the escapes of a path segment. Returns "" if an escape is malformed. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}
