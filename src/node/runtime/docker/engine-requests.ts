// Refuses engine requests whose path has an empty or dot segment. The engine would answer with a redirect, which
// docker-modem follows without an error listener.
import type Docker from "dockerode";
import { RuntimeError } from "../runtime.ts";

type BuildRequest = (
  options: { readonly path?: string; readonly method?: string },
  context: unknown,
  data: unknown,
  callback: (error: unknown) => void,
) => void;

/** Makes the client refuse requests with an empty or malformed id or name (code `invalid`), and follow no redirect. */
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

/** Whether each segment of the path names something. */
function isCleanPath(path: string): boolean {
  const [name = ""] = path.split("?", 1);
  const segments = name.split("/").slice(1);
  return segments.length > 0 && segments.every((segment) => !["", ".", ".."].includes(decode(segment)));
}

/** A malformed escape counts as empty. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}
