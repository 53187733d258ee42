// A debugger of Node: speaks the inspector's protocol, as VS Code does.
import { WebSocket } from "ws";

type Message = { readonly id?: number; readonly method?: string; readonly params?: unknown; readonly result?: unknown };

export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #listeners = new Map<string, (params: unknown) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("error", () => {}).on("message", (data) => this.#onMessage(JSON.parse(String(data)) as Message));
  }

  /** Attaches to the first target at the address. */
  static async attach({ host, port }: { readonly host: string; readonly port: number }): Promise<Inspector> {
    const answer = await fetch(`http://${host}:${port}/json/list`);
    const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "");
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const inspector = new Inspector(socket);
    await inspector.send("Debugger.enable");
    return inspector;
  }

  send<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#last;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve as (result: unknown) => void);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Resolves at the next event of this name. */
  next(method: string): Promise<unknown> {
    return new Promise((resolve) => this.#listeners.set(method, resolve));
  }

  get closed(): Promise<void> {
    return new Promise((resolve) => this.#socket.once("close", () => resolve()));
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  #onMessage({ id, method, params, result }: Message): void {
    if (id !== undefined) this.#answers.get(id)?.(result);
    else this.#listeners.get(method ?? "")?.(params);
  }
}
