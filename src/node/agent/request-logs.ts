// Keeps the request logs of queue-proxies, as the logs of their containers.
import { LogRing } from "../runtime/log-ring.ts";

export class RequestLogs {
  /** By pod uid. */
  readonly #rings = new Map<string, LogRing>();

  /** Opens the log of a pod. A pod whose queue-proxy is opened again keeps its log. */
  open(pod: string): void {
    if (!this.#rings.has(pod)) this.#rings.set(pod, new LogRing());
  }

  /** Adds an entry, which may have several lines. Does nothing if the log is not open. */
  add(pod: string, entry: string): void {
    const time = new Date().toISOString();
    const ring = this.#rings.get(pod);
    for (const text of entry.replace(/\n$/, "").split("\n")) ring?.add({ stream: "stdout", time, text });
  }

  of(pod: string): LogRing | undefined {
    return this.#rings.get(pod);
  }

  /** Drops the log of a pod that was deleted. */
  close(pod: string): void {
    this.#rings.get(pod)?.end();
    this.#rings.delete(pod);
  }
}
