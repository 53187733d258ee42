// Sends requests of tests to the session's ingress and makes standard Responses of the answers.
import { type Agent, type IncomingMessage, request as openRequest } from "node:http";
import { Readable } from "node:stream";
import type { Address } from "../base/address.ts";
import { HarnessError } from "./harness-error.ts";

export interface IngressRequest {
  readonly agent: Agent;
  readonly ingress: Address;
  /** The Host of the Service, with port. */
  readonly host: string;
  readonly path: string;
  readonly init: RequestInit;
  /** Replaces headers of the same names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Statuses of which the standard allows no body. */
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Resolves when the head of the response is there. Redirects are not followed. */
export async function sendToIngress({ agent, ingress, host, path, init, headers }: IngressRequest): Promise<Response> {
  // Request does the work of `fetch` for bodies and headers: forms, JSON texts, blobs, streams.
  const { body } = init;
  const url = `http://${host}/${path.replace(/^\//, "")}`;
  const given = new Request(url, body instanceof ReadableStream ? ({ ...init, duplex: "half" } as RequestInit) : init);
  const { pathname, search } = new URL(url);
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = openRequest({
      agent,
      host: ingress.host,
      port: ingress.port,
      method: given.method,
      path: pathname + search,
      headers: { ...Object.fromEntries(given.headers), host, ...headers },
      signal: given.signal,
    });
    outgoing.once("response", resolve);
    outgoing.once("error", (error) => reject(given.signal.aborted ? error : unreachable(error, host)));
    sendBody(given, body instanceof ReadableStream, outgoing).catch((error: Error) => outgoing.destroy(error));
  });
  const status = message.statusCode ?? 0;
  if (NO_BODY.has(status)) message.resume();
  return new Response(NO_BODY.has(status) ? null : (Readable.toWeb(message) as ReadableStream), {
    status,
    statusText: message.statusMessage ?? "",
    headers: headersOf(message),
  });
}

/** Sends a body of known size with Content-Length, and a stream in chunks. */
async function sendBody(given: Request, isStream: boolean, outgoing: NodeJS.WritableStream): Promise<void> {
  if (!isStream || given.body === null) {
    outgoing.end(Buffer.from(await given.arrayBuffer()));
    return;
  }
  for await (const chunk of given.body as unknown as AsyncIterable<Uint8Array>) outgoing.write(chunk);
  outgoing.end();
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}

function unreachable(error: Error, host: string): HarnessError {
  return new HarnessError(`no response from ${host}: ${error.message}`, { cause: error });
}
