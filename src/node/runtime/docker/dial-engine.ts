// Sends requests to the engine for which the client library has no method.
import type Docker from "dockerode";

export interface EngineDial {
  readonly path: string;
  readonly method: "POST";
  /** The connection is upgraded, and the result is its socket. */
  readonly hijack?: boolean;
  readonly isStream?: boolean;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The body. */
  readonly file?: NodeJS.ReadableStream;
  /** The query. Objects become JSON. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Credentials by registry. */
  readonly registryconfig?: object;
  readonly abortSignal?: AbortSignal;
}

/** Rejects with the client library's error. */
export function dialEngine<T>(docker: Docker, dial: EngineDial): Promise<T> {
  const modem = docker.modem as {
    dial(options: object, done: (error: unknown, result: unknown) => void): void;
  };
  const statusCodes = { 200: true, 400: "bad parameter", 500: "server error" };
  return new Promise((resolve, reject) => {
    modem.dial({ ...dial, statusCodes }, (error, result) => (error ? reject(error) : resolve(result as T)));
  });
}
