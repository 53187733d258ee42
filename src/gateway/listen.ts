// Opens a door where the user wants it: on both loopback families when the address is loopback, on a free port when a default one is taken.

import { EnvironmentError } from "../base/environment-error.ts";
import type { Handler, ListenerKind } from "../data-plane/http/exchange.ts";
import { type ListenerOptions, type OpenListener, openListener } from "../data-plane/http-server/open-listener.ts";

export const LOOPBACK = "127.0.0.1";
const LOOPBACK_6 = "::1";

export interface ListenOptions {
  /** As the user gave it; 127.0.0.1 and localhost mean both families. */
  readonly address: string;
  /** The port that the user named: taken is an error. */
  readonly port?: number;
  /** The port to try otherwise; a free one when it is taken. */
  readonly defaultPort: number;
  /** How the port is called in a notice, and the flag that chooses it: `ingress`, `--port`. */
  readonly what: string;
  readonly flag: string;
  readonly listener: ListenerKind;
  readonly handler: Handler;
  readonly tls?: ListenerOptions["tls"];
  readonly limits?: ListenerOptions["limits"];
}

export interface Listening {
  readonly listeners: readonly OpenListener[];
  readonly host: string;
  readonly port: number;
  /** What the user should know about the port. */
  readonly notices: readonly string[];
}

/** Rejects with an {@link EnvironmentError} when the port that the user named cannot be had. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { address, listener: door, handler, tls, limits } = options;
  const host = hostOf(address);
  const open = (at: { readonly host: string; readonly port: number }): Promise<OpenListener> =>
    openListener({ ...at, listener: door, handler, ...(tls && { tls }), ...(limits && { limits }) });
  const { first, notices } = await openFirst(options, (port) => open({ host, port }));
  // Some machines have no IPv6.
  const second =
    host === LOOPBACK ? await open({ host: LOOPBACK_6, port: first.port }).catch(() => undefined) : undefined;
  return { listeners: second ? [first, second] : [first], host, port: first.port, notices };
}

async function openFirst(
  { address, port, defaultPort, what, flag }: ListenOptions,
  open: (port: number) => Promise<OpenListener>,
): Promise<{ readonly first: OpenListener; readonly notices: readonly string[] }> {
  try {
    return { first: await open(port ?? defaultPort), notices: [] };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (port !== undefined || code !== "EADDRINUSE")
      throw portError(error, `${hostOf(address)}:${port ?? defaultPort}`, flag);
    const first = await open(0);
    return { first, notices: [`port ${defaultPort} is taken; the ${what} listens on ${first.port}`] };
  }
}

function hostOf(address: string): string {
  return address === "localhost" ? LOOPBACK : address;
}

function portError(error: unknown, where: string, flag: string): EnvironmentError {
  const code = (error as NodeJS.ErrnoException).code;
  const what = `cannot listen on ${where}`;
  if (code === "EADDRINUSE")
    return new EnvironmentError(what, "the port is taken", `Choose another with ${flag}, or leave the flag out`);
  if (code === "EACCES")
    return new EnvironmentError(what, "this user may not open that port", `Choose one above 1023 with ${flag}`);
  if (code === "EADDRNOTAVAIL")
    return new EnvironmentError(
      what,
      "the address is not one of this machine's",
      "Give one of its own with --address, or 0.0.0.0",
    );
  return new EnvironmentError(what, String((error as Error).message ?? error), "Choose another address or port");
}
