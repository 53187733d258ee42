// Host headers as hosts: no port, no trailing dot, one letter case. It resolves nothing.

/** The name that routes are kept under: lower case, without port and trailing dot. An IPv6 address keeps its brackets. */
export function hostName(host: string): string {
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  const name = end > 0 ? host.slice(0, end) : host;
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

/** True for the names of this machine, which mean no Service of their own. */
export function isThisMachine(name: string): boolean {
  return name === "localhost" || name === "127.0.0.1" || name === "[::1]";
}
