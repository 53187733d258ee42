// Declares the part of Node's private module node:_http_common that response-parser.ts uses.
declare module "node:_http_common" {
  type OnHeaders = (headers: string[], url: string) => void;
  type OnHeadersComplete = (
    major: number,
    minor: number,
    headers: string[] | undefined,
    method: number | undefined,
    url: string | undefined,
    status: number,
    reason: string,
    upgrade: boolean,
    keepAlive: boolean,
  ) => number;

  export class HTTPParser {
    static readonly RESPONSE: number;
    static readonly kOnHeaders: number;
    static readonly kOnHeadersComplete: number;
    static readonly kOnBody: number;
    static readonly kOnMessageComplete: number;
    initialize(kind: number, resource: object, maxHeaderSize: number, lenient: number): void;
    /** Returns the number of bytes parsed, or an error. */
    execute(bytes: Uint8Array): number | NodeJS.ErrnoException;
    /** Signals the end of input. Returns an error if a message is incomplete. */
    finish(): undefined | NodeJS.ErrnoException;
    free(): void;
    close(): void;
    [slot: number]: ((...args: never[]) => unknown) | null;
  }
}
