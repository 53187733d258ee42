// The types of a recorded conversation, and its text rules: repeats, digests, placeholders.
import { createHash } from "node:crypto";

export type Data = string | readonly (Data | { readonly rep: readonly [string, number] })[];
export type Step = { readonly op: string } & Readonly<Record<string, unknown>>;
export type AppStep = Readonly<Record<string, unknown>>;

export interface Rule {
  readonly match?: string;
  readonly repeat?: boolean;
  readonly on?: "head";
  readonly tunnel?: boolean;
  readonly steps: readonly AppStep[];
}

export interface UpstreamScript {
  readonly listen?: boolean;
  readonly h2?: boolean;
  readonly rules?: readonly Rule[];
  readonly everyConnect?: readonly AppStep[];
}

export interface RecordedCase {
  readonly id: string;
  readonly level: "must" | "go" | "defect";
  readonly config?: Readonly<Record<string, unknown>>;
  readonly upstream: UpstreamScript;
  readonly steps: readonly Step[];
  readonly expect: Readonly<Record<string, unknown>>;
  readonly go?: readonly string[];
  readonly unordered?: boolean;
  readonly heads?: Readonly<Record<string, readonly number[]>>;
}

export const LOOPBACK = "127.0.0.1";

/** Script data as bytes: one character is one byte. */
export function bytesOf(data: Data): Buffer {
  return Buffer.from(textOf(data), "latin1");
}

function textOf(data: Data | { readonly rep: readonly [string, number] }): string {
  if (typeof data === "string") return data;
  if ("rep" in data) return data.rep[0].repeat(data.rep[1]);
  return data.map(textOf).join("");
}

/** Long texts are recorded as a length and a digest. */
export function digested(text: string): unknown {
  if (text.length <= 1500) return text;
  return { len: text.length, sha256: createHash("sha256").update(Buffer.from(text, "latin1")).digest("hex") };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until events make the condition true. Reaching the limit is not an error. */
export class Watch {
  #waiters: (() => void)[] = [];

  notify(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  async until(holds: () => boolean, ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
