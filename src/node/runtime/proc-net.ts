// Parses the listening sockets in the text of /proc/net/tcp and tcp6. Pure.
import type { ListeningSocket } from "./runtime.ts";

const LISTENING = "0A";
const LOOPBACK4 = "0100007F";
const LOOPBACK6 = "00000000000000000000000001000000";
/** ::ffff:127.0.0.1 in the kernel's notation. */
const LOOPBACK_MAPPED = "0000000000000000FFFF00000100007F";

interface Socket extends ListeningSocket {
  readonly inode: string;
}

/** Returns all listening sockets except the engine's DNS server at 127.0.0.11. */
export function parseListeners(text: string): Socket[] {
  const sockets: Socket[] = [];
  for (const line of text.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [address = "", port = ""] = (fields[1] ?? "").split(":");
    if (fields[3] !== LISTENING || address === "0B00007F") continue;
    const loopback = [LOOPBACK4, LOOPBACK6, LOOPBACK_MAPPED].includes(address);
    sockets.push({ port: Number.parseInt(port, 16), loopback, inode: fields[9] ?? "" });
  }
  return sockets;
}

/** Returns one entry per port. `loopback` is true only if every socket on that port is bound to loopback. */
export function mergeListeners(sockets: readonly ListeningSocket[]): ListeningSocket[] {
  const byPort = new Map<number, boolean>();
  for (const { port, loopback } of sockets) byPort.set(port, (byPort.get(port) ?? true) && loopback);
  return [...byPort].sort(([a], [b]) => a - b).map(([port, loopback]) => ({ port, loopback }));
}
