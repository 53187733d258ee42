// Keeps the gateway container running: makes it, starts it again when it has ended, removes it at the end. What it serves is its program's business.

import type { Readable } from "node:stream";
import { type Pack, pack } from "tar-stream";
import { errorText } from "../../base/errors.ts";
import { sleep } from "../../base/sleep.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import type { GatewayOptions } from "./gateway.ts";
import { type GatewayOrder, makeOrderEnv } from "./gateway-order.ts";
import { readGatewayProgram } from "./gateway-program.ts";
import { ensureNodeImage, NODE_IN_IMAGE } from "./node-image.ts";

const PROGRAM = "knap-gateway.cjs";
const MEMORY_BYTES = 256 * 1024 * 1024;
const AGAIN_MS = 1000;

export type GatewayContainerParts = Pick<GatewayOptions, "runtime" | "info" | "network" | "labels" | "prefix"> &
  Partial<Pick<GatewayOptions, "log">>;

export class GatewayContainer {
  readonly #parts: GatewayContainerParts;
  readonly #address: string | undefined;
  readonly #order: GatewayOrder;
  readonly #end = new AbortController();
  #id: string | undefined;
  #watching: Promise<void> | undefined;

  /** `address`: on the network; undefined: the engine chooses. */
  constructor(parts: GatewayContainerParts, address: string | undefined, order: GatewayOrder) {
    this.#parts = parts;
    this.#address = address;
    this.#order = order;
  }

  /** Resolves when it runs; from then on it is kept running. Throws what the runtime throws. */
  async open(): Promise<void> {
    await this.#start();
    this.#watching = this.#watch();
  }

  /** Runs it to its end and gives the exit code. */
  async run(signal: AbortSignal): Promise<number> {
    await this.#start();
    const { exitCode } = await this.#parts.runtime.wait(this.#id ?? "", signal);
    return exitCode;
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#remove();
    await this.#watching;
    // Once more: it may just have been made anew.
    await this.#remove();
  }

  async #start(): Promise<void> {
    const { runtime, info, network, labels, prefix } = this.#parts;
    const image = await ensureNodeImage(runtime, info);
    const program = await readGatewayProgram();
    this.#id = await runtime.create({
      name: `${prefix}_gateway`,
      image,
      command: [NODE_IN_IMAGE, `/${PROGRAM}`],
      env: makeOrderEnv(this.#order),
      labels,
      network: { id: network.id, ...(this.#address !== undefined && { address: this.#address }) },
      ports: [],
      capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
      securityOptions: ["no-new-privileges"],
      memoryBytes: MEMORY_BYTES,
      extraHosts: ["host.docker.internal:host-gateway"],
    });
    const tar: Pack = pack();
    tar.entry({ name: PROGRAM, mode: 0o644 }, program);
    tar.finalize();
    await runtime.putArchive(this.#id, "/", tar as unknown as Readable);
    await runtime.start(this.#id);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#end;
    let told = "";
    while (!signal.aborted) {
      const why = await this.#ended(signal);
      if (signal.aborted) return;
      // An engine that is away says the same every second.
      if (why !== told) this.#parts.log?.warn("the gateway container ended and is started again", { why });
      told = why;
      await sleep(AGAIN_MS, signal);
      if (signal.aborted) return;
      await this.#again();
    }
  }

  async #ended(signal: AbortSignal): Promise<string> {
    try {
      const { exitCode } = await this.#parts.runtime.wait(this.#id ?? "", signal);
      return `exit code ${exitCode}`;
    } catch (error) {
      return errorText(error);
    }
  }

  /** A failure is met again, and told, in the next round. */
  async #again(): Promise<void> {
    try {
      await this.#remove();
      await this.#start();
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
    }
  }

  async #remove(): Promise<void> {
    if (this.#id !== undefined) await this.#parts.runtime.remove(this.#id);
  }
}
