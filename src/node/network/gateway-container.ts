// Runs the gateway container: starts it again when it exits, and removes it at the end.
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { type Pack, pack } from "tar-stream";
import { errorText } from "../../base/errors.ts";
import { sleep } from "../../base/sleep.ts";
import type { GatewayOptions } from "./gateway.ts";
import { ensureNodeImage, NODE_IN_IMAGE } from "./node-image.ts";
import { type GatewaySettings, makeSettingsEnv } from "./relay-protocol.ts";

const PROGRAM = "knap-gateway.cjs";
const MEMORY_BYTES = 256 * 1024 * 1024;
const RESTART_MS = 1000;
/** Paths of the built program relative to dist/, dist/chunks/ and this source file. */
const PROGRAM_PATHS = ["./gateway.js", "../gateway.js", "../../../dist/gateway.js"];

export type GatewayContainerParts = Pick<GatewayOptions, "runtime" | "info" | "network" | "labels" | "prefix"> &
  Partial<Pick<GatewayOptions, "log">>;

export class GatewayContainer {
  readonly #parts: GatewayContainerParts;
  readonly #address: string | undefined;
  readonly #settings: GatewaySettings;
  readonly #closing = new AbortController();
  #id: string | undefined;
  #watching: Promise<void> | undefined;

  /** `address` on the network; undefined: the engine chooses one. */
  constructor(parts: GatewayContainerParts, address: string | undefined, settings: GatewaySettings) {
    this.#parts = parts;
    this.#address = address;
    this.#settings = settings;
  }

  /**
   * Resolves when the container runs. From then on knap starts the container again when it exits. Rejects with a
   * RuntimeError.
   */
  async open(): Promise<void> {
    await this.#start();
    this.#watching = this.#watch();
  }

  /** Runs the container once. Resolves with its exit code. */
  async run(signal: AbortSignal): Promise<number> {
    await this.#start();
    const { exitCode } = await this.#parts.runtime.wait(this.#id ?? "", signal);
    return exitCode;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#remove();
    await this.#watching;
    // A restart may have created another container meanwhile.
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
      env: makeSettingsEnv(this.#settings),
      labels,
      network: { id: network.id, address: this.#address },
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
    const { signal } = this.#closing;
    let lastLogged = "";
    let startError: string | undefined;
    while (!signal.aborted) {
      const why = startError ?? (await this.#whyEnded(signal));
      if (signal.aborted) return;
      // An unreachable engine gives the same error every second.
      if (why !== lastLogged) this.#parts.log?.warn("the gateway container ended and is started again", { why });
      lastLogged = why;
      await sleep(RESTART_MS, signal);
      if (signal.aborted) return;
      startError = await this.#restart();
    }
  }

  /** Resolves with the error, if there is one. */
  async #restart(): Promise<string | undefined> {
    try {
      await this.#remove();
      await this.#start();
      return undefined;
    } catch (error) {
      return errorText(error);
    }
  }

  async #whyEnded(signal: AbortSignal): Promise<string> {
    try {
      const { exitCode } = await this.#parts.runtime.wait(this.#id ?? "", signal);
      return `exit code ${exitCode}`;
    } catch (error) {
      return errorText(error);
    }
  }

  async #remove(): Promise<void> {
    if (this.#id !== undefined) await this.#parts.runtime.remove(this.#id);
  }
}

/** Rejects if the program has not been built. */
async function readGatewayProgram(): Promise<Buffer> {
  for (const path of PROGRAM_PATHS) {
    const found = await readFile(new URL(path, import.meta.url)).catch(() => undefined);
    if (found) return found;
  }
  throw new Error("the gateway's program is missing; run `npm run build`");
}
