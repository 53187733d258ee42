// Where a URL of the API is reached on this machine: Knative's URLs name no port, and their names are not resolved here unless they end in .localhost. Pure.

/** The session's front doors, as this machine reaches them. */
export interface Doors {
  /** `localhost`, or the address that the user chose. */
  readonly host: string;
  readonly http: number;
  /** Absent while https is not served. */
  readonly https?: number;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** The doors of an ingress at `http://localhost:8080`. */
export function doorsOf(ingress: string, https: { readonly port: number } | undefined): Doors {
  const { hostname, port } = new URL(ingress);
  return { host: hostname, http: Number(port || 80), ...(https && { https: https.port }) };
}

/** The URL with the port of the door that serves it; as it is when it names one, or none is needed. */
export function urlWithPort(url: string, { http, https }: Doors): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const port = parsed?.protocol === "https:" ? https : http;
  if (parsed?.port !== "" || port === undefined || port === DEFAULT_PORTS[parsed.protocol]) return url;
  parsed.port = String(port);
  return url.endsWith("/") ? parsed.href : parsed.href.replace(/\/$/, "");
}

/** What to type to reach it from here; undefined when the URL itself will do. */
export function reachOf(url: string, doors: Doors): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return undefined;
  const reachable = urlWithPort(url, doors);
  if (/(^|\.)localhost$/.test(parsed.hostname)) return reachable === url ? undefined : reachable;
  const port = parsed.protocol === "https:" ? doors.https : doors.http;
  return port === undefined ? undefined : `curl --connect-to ::${doors.host}:${port} ${url}`;
}
