// How this machine reaches a Knative URL: such URLs have no port, and their host resolves only if it ends in
// .localhost. Pure.

/** Host and ports of the session's gateway listeners. */
export interface GatewayPorts {
  /** `localhost`, or the address that the user chose. */
  readonly host: string;
  readonly http: number;
  /** Absent while https is not served. */
  readonly https?: number | undefined;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** The ports of an ingress such as `http://localhost:8080`. */
export function gatewayPortsOf(ingress: string, https: { readonly port: number } | undefined): GatewayPorts {
  const { hostname, port } = new URL(ingress);
  return { host: hostname, http: Number(port || 80), https: https?.port };
}

/** The URL with the port of its listener; unchanged if it has a port or needs none. */
export function urlWithPort(url: string, { http, https }: GatewayPorts): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const port = parsed?.protocol === "https:" ? https : http;
  if (parsed?.port !== "" || port === undefined || port === DEFAULT_PORTS[parsed.protocol]) return url;
  parsed.port = String(port);
  return url.endsWith("/") ? parsed.href : parsed.href.replace(/\/$/, "");
}

/** The URL or curl command that reaches it from this machine; undefined if the URL itself works. */
export function reachOf(url: string, ports: GatewayPorts): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return undefined;
  const reachable = urlWithPort(url, ports);
  if (/(^|\.)localhost$/.test(parsed.hostname)) return reachable === url ? undefined : reachable;
  const port = parsed.protocol === "https:" ? ports.https : ports.http;
  return port === undefined ? undefined : `curl --connect-to ::${ports.host}:${port} ${url}`;
}
