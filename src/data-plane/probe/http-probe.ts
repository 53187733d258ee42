// Makes an HTTP probe: a GET that follows redirects and succeeds on 200 to 399 (`pkg/queue/health/probe.go`;
// `k8s.io/kubernetes/pkg/probe/http`).
import { request as requestHttp } from "node:http";
import { connect } from "node:http2";
import { request as requestHttps } from "node:https";
import type { HttpGetAction } from "../../apis/core/pod-spec.ts";
import { type ProbeAttempt, type ProbeResult, resultOfStatus } from "./probe-result.ts";
import { dialText } from "./tcp-probe.ts";

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Knative builds the queue-proxy without a Kubernetes version, so both version numbers are empty. */
const QUEUE_PROXY_AGENT = "kube-probe//";
const KUBELET_AGENT = "kube-probe/1.34";

/** Never rejects. */
export async function attemptHttp(attempt: ProbeAttempt, action: HttpGetAction): Promise<ProbeResult> {
  const { host, port } = attempt;
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const path = action.path ?? "/";
  const url = urlOf(`${scheme}://${authorityOf(host, port)}${path.startsWith("/") ? path : `/${path}`}`);
  if (url === undefined) return { ok: false, message: `invalid URL path ${JSON.stringify(path)}` };
  if (attempt.detectHttp2 && scheme === "http") {
    const plain = await attemptH2c(attempt, url, []);
    if (plain.ok) return attemptH2c(attempt, url, customHeaders(action, attempt.prober));
    return get(attempt, action, url, requestHeaders({ attempt, url, custom: [] }));
  }
  return get(attempt, action, url, requestHeaders({ attempt, url, custom: customHeaders(action, attempt.prober) }));
}

/** The queue-proxy ignores the probe's `Host` and `User-Agent`; the kubelet uses them. */
function customHeaders(action: HttpGetAction, prober: ProbeAttempt["prober"]): string[] {
  const headers: string[] = [];
  for (const { name, value } of action.httpHeaders ?? []) {
    const lower = name.toLowerCase();
    if (prober === "kubelet" || (lower !== "host" && lower !== "user-agent")) headers.push(name, value ?? "");
  }
  return headers;
}

interface HeaderParts {
  readonly attempt: ProbeAttempt;
  readonly url: URL;
  readonly custom: readonly string[];
  readonly referer?: string | undefined;
}

function requestHeaders({ attempt, url, custom, referer }: HeaderParts): string[] {
  const names = new Set(custom.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const kubelet = attempt.prober === "kubelet";
  const headers = [...custom];
  if (!names.has("host")) headers.unshift("Host", url.host === "" ? attempt.host : hostOf(url));
  if (!names.has("user-agent")) headers.push("User-Agent", kubelet ? KUBELET_AGENT : QUEUE_PROXY_AGENT);
  if (kubelet && !names.has("accept")) headers.push("Accept", "*/*");
  if (referer !== undefined) headers.push("Referer", referer);
  if (!kubelet) headers.push("Accept-Encoding", "gzip");
  headers.push("Connection", "close");
  return headers;
}

async function get(
  attempt: ProbeAttempt,
  action: HttpGetAction,
  first: URL,
  headers: readonly string[],
): Promise<ProbeResult> {
  const deadline = performance.now() + attempt.timeoutMs;
  let url = first;
  let target = written(action) ?? `${url.pathname}${url.search}`;
  let sent = headers;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const reply = await getOnce({ attempt, url, headers: sent, leftMs: deadline - performance.now(), target });
    if (typeof reply === "string") return { ok: false, message: reply };
    const next = REDIRECTS.has(reply.status) && reply.location ? urlOf(reply.location, url) : undefined;
    if (next === undefined) return resultOfStatus(reply.status);
    // The kubelet treats a redirect to another host as success.
    if (attempt.prober === "kubelet" && next.hostname !== first.hostname) return { ok: true };
    const referer = url.protocol === "https:" && next.protocol === "http:" ? undefined : refererOf(url);
    const custom = headers.filter((_, index) => !OWN.has((headers[index - (index % 2)] as string).toLowerCase()));
    sent = requestHeaders({ attempt, url: next, custom, referer });
    url = next;
    target = `${url.pathname}${url.search}`;
  }
  return { ok: false, message: `stopped after ${MAX_REDIRECTS} redirects` };
}

/** Headers that each request of a probe sets itself. */
const OWN = new Set(["host", "user-agent", "accept", "referer", "accept-encoding", "connection"]);

/** Returns the path as written in the probe, if it is valid in a request line. */
function written({ path = "/" }: HttpGetAction): string | undefined {
  return /^[\x21-\x7e]+$/.test(path) ? (path.startsWith("/") ? path : `/${path}`) : undefined;
}

interface ProbeReply {
  readonly status: number;
  readonly location: string | undefined;
}

interface OneGet {
  readonly attempt: ProbeAttempt;
  readonly url: URL;
  readonly headers: readonly string[];
  readonly leftMs: number;
  /** The request target. The probe's own path is sent unchanged. */
  readonly target: string;
}

function getOnce({ attempt, url, headers, leftMs, target }: OneGet): Promise<ProbeReply | string> {
  return new Promise((resolve) => {
    const ask = url.protocol === "https:" ? requestHttps : requestHttp;
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    const request = ask({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port,
      path: target,
      headers: headers as string[],
      agent: false,
      // The kubelet does not verify certificates.
      rejectUnauthorized: attempt.prober !== "kubelet",
    });
    const settle = (reply: ProbeReply | string): void => {
      clearTimeout(timer);
      resolve(reply);
      request.destroy();
    };
    const timer = setTimeout(
      () => settle(`Get "${url.href}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
      Math.max(0, leftMs),
    );
    request.on("response", (response) => {
      settle({ status: response.statusCode ?? 0, location: response.headers.location });
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      settle(`Get "${url.href}": ${error.code === "ECONNRESET" ? "EOF" : dialText(error, attempt.host, port)}`);
    });
    request.end();
  });
}

function urlOf(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** Returns the Host header. As in Go, it includes the port that the URL names. */
function hostOf(url: URL): string {
  return url.port === "" ? url.hostname : url.host;
}

function refererOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search}`;
}

function authorityOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Makes a GET over cleartext HTTP/2, for the feature `autodetect-http2`. Fails without support for HTTP/2. */
function attemptH2c(attempt: ProbeAttempt, url: URL, headers: readonly string[]): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const session = connect(url.origin);
    const settle = (result: ProbeResult): void => {
      clearTimeout(timer);
      resolve(result);
      session.destroy();
    };
    const timer = setTimeout(() => settle({ ok: false, message: "h2c: deadline exceeded" }), attempt.timeoutMs);
    const fail = (error: Error): void => settle({ ok: false, message: error.message });
    const sent: Record<string, string | string[]> = {
      ":path": `${url.pathname}${url.search}`,
      "user-agent": "kube-probe//",
      "accept-encoding": "gzip",
    };
    for (let index = 0; index < headers.length; index += 2) {
      const name = (headers[index] as string).toLowerCase();
      const before = sent[name];
      const value = headers[index + 1] as string;
      sent[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
    }
    session.on("error", fail);
    const stream = session.request(sent);
    stream.on("error", fail);
    stream.on("response", (answer) => settle(resultOfStatus(Number(answer[":status"]))));
    stream.on("close", () => settle({ ok: false, message: "h2c: the stream was closed" }));
  });
}
