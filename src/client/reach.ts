// Computes how this machine reaches the URL of a Service. Such a URL has no port, and its host resolves only if it ends
// in .localhost. Pure.

/** Host and ports of the session's gateway listeners. */
export interface ReachablePorts {
  /** `localhost`, or the address that the user chose. */
  readonly host: string;
  readonly http: number;
  /** Absent if the session does not serve https. */
  readonly https?: number | undefined;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** Returns the ports of an ingress such as `http://localhost:8080`. */
export function gatewayPortsOf(ingress: string, https: { readonly port: number } | undefined): ReachablePorts {
  const { hostname, port } = new URL(ingress);
  return { host: hostname, http: Number(port || 80), https: https?.port };
}

/** Adds the listener's port to the URL. Returns a URL that has a port, or needs none, unchanged. */
export function urlWithPort(url: string, { http, https }: ReachablePorts): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const port = parsed?.protocol === "https:" ? https : http;
  if (parsed?.port !== "" || port === undefined || port === DEFAULT_PORTS[parsed.protocol]) return url;
  parsed.port = String(port);
  return url.endsWith("/") ? parsed.href : parsed.href.replace(/\/$/, "");
}

/** Returns a URL or curl command that reaches the Service from this machine; undefined if the URL itself works. */
export function reachOf(url: string, ports: ReachablePorts): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return undefined;
  const reachable = urlWithPort(url, ports);
  if (/(^|\.)localhost$/.test(parsed.hostname)) return reachable === url ? undefined : reachable;
  const port = parsed.protocol === "https:" ? ports.https : ports.http;
  return port === undefined ? undefined : `curl --connect-to ::${ports.host}:${port} ${url}`;
}
