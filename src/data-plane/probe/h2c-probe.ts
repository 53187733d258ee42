// A GET over cleartext HTTP/2, for the feature `autodetect-http2`.
import { connect } from "node:http2";
import { type ProbeAttempt, type ProbeResult, resultOfStatus } from "./probe-result.ts";

/** Ready by the same rule as over HTTP/1.1; an application that speaks no HTTP/2 is not ready by this way. */
export function attemptH2c(attempt: ProbeAttempt, url: URL, headers: readonly string[]): Promise<ProbeResult> {
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
