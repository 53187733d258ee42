// The part of node:_http_common that response-parser.ts uses. The module is Node's own and the same from Node 20 to 26, but has no types.
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
    /** Bytes read, or the error that stopped it. */
    execute(bytes: Uint8Array): number | NodeJS.ErrnoException;
    /** The end of the input: an error when a message was cut short. */
    finish(): undefined | NodeJS.ErrnoException;
    free(): void;
    close(): void;
    [slot: number]: ((...args: never[]) => unknown) | null;
  }
}
