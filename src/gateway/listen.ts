// Opens a listener on the user's address: for loopback also on IPv6, and on a free port if the default port is taken.
import { EnvironmentError } from "../base/environment-error.ts";
import { errorText } from "../base/errors.ts";
import type { Handler, ListenerKind } from "../data-plane/http/exchange.ts";
import { type ListenerOptions, type OpenListener, openListener } from "../data-plane/http-server/open-listener.ts";

export const LOOPBACK = "127.0.0.1";
const LOOPBACK_6 = "::1";

export interface ListenOptions {
  /** From the user. 127.0.0.1 and localhost mean both families. */
  readonly address: string;
  /** The port that the user named. Listening fails if this port is taken. */
  readonly port?: number | undefined;
  /** Used without `port`. If this port is taken, a free one is used. */
  readonly defaultPort: number;
  /** Names the listener in notices: `ingress`. */
  readonly name: string;
  /** The flag that chooses the port: `--port`. */
  readonly flag: string;
  readonly listener: ListenerKind;
  readonly handler: Handler;
  readonly tls?: ListenerOptions["tls"];
  readonly limits?: ListenerOptions["limits"] | undefined;
}

export interface Listening {
  readonly listeners: readonly OpenListener[];
  readonly host: string;
  readonly port: number;
  /** Notices for the user. */
  readonly notices: readonly string[];
}

/** Rejects with an {@link EnvironmentError} if the user's port, or any port on the address, cannot be opened. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { address, listener, handler, tls, limits } = options;
  const host = hostOf(address);
  const open = (at: { readonly host: string; readonly port: number }): Promise<OpenListener> =>
    openListener({ ...at, listener, handler, tls, limits });
  const { first, notices } = await openFirst(options, (port) => open({ host, port }));
  // Some machines have no IPv6.
  const second =
    host === LOOPBACK ? await open({ host: LOOPBACK_6, port: first.port }).catch(() => undefined) : undefined;
  return { listeners: second ? [first, second] : [first], host, port: first.port, notices };
}

/** Returns a notice if other machines can reach listeners on the address; undefined for a loopback address. */
export function openToNetwork(address: string): string | undefined {
  const host = hostOf(address);
  if (host === LOOPBACK_6 || /^127\./.test(host)) return undefined;
  return `the ingress listens on ${host}: other machines on the network can call every Service`;
}

async function openFirst(
  { address, port, defaultPort, name, flag }: ListenOptions,
  open: (port: number) => Promise<OpenListener>,
): Promise<{ readonly first: OpenListener; readonly notices: readonly string[] }> {
  try {
    return { first: await open(port ?? defaultPort), notices: [] };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (port !== undefined || code !== "EADDRINUSE")
      throw portError(error, `${hostOf(address)}:${port ?? defaultPort}`, flag);
    const first = await open(0);
    return { first, notices: [`port ${defaultPort} is taken; the ${name} listens on ${first.port}`] };
  }
}

function hostOf(address: string): string {
  return address === "localhost" ? LOOPBACK : address;
}

function portError(error: unknown, where: string, flag: string): EnvironmentError {
  const code = (error as NodeJS.ErrnoException).code;
  const what = `cannot listen on ${where}`;
  if (code === "EADDRINUSE")
    return new EnvironmentError(
      "PORT_IN_USE",
      what,
      "the port is taken",
      `Choose another port with ${flag}, or omit the flag`,
    );
  if (code === "EACCES")
    return new EnvironmentError(
      "ADDRESS_REFUSED",
      what,
      "this user may not open the port",
      `Choose a port above 1023 with ${flag}`,
    );
  if (code === "EADDRNOTAVAIL")
    return new EnvironmentError(
      "ADDRESS_REFUSED",
      what,
      "the address does not belong to this machine",
      "Use one of its own addresses with --address, or 0.0.0.0",
    );
  return new EnvironmentError("ADDRESS_REFUSED", what, errorText(error), "Choose another address or port");
}
