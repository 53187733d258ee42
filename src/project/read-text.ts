// Reads the user's text from files, URLs and kustomize folders. Size and time are bounded.
import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { errorDetails } from "../base/errors.ts";

const MAX_BYTES = 8 * 1024 * 1024;
const URL_TIMEOUT_MS = 10_000;
const KUSTOMIZE_TIMEOUT_MS = 60_000;

/** Text that cannot be used. The message says why. */
export class TextError extends Error {
  /** 1-based. */
  readonly line: number | undefined;
  readonly fix: string | undefined;
  constructor(message: string, { line, fix }: { readonly line?: number; readonly fix?: string } = {}) {
    super(message);
    this.line = line;
    this.fix = fix;
  }
}

/** Rejects with a {@link TextError} or with the error of the file system. */
export async function readTextFile(path: string): Promise<string> {
  return readTextStream(createReadStream(path, { end: MAX_BYTES }));
}

/** Rejects with a {@link TextError}. */
export async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(URL_TIMEOUT_MS) });
    if (!response.ok) throw new TextError(`the server answers ${response.status} ${response.statusText}`);
    if (response.headers.get("content-type")?.startsWith("text/html")) {
      throw new TextError("the server sends a web page", { fix: "use the address of the raw file" });
    }
    return decodeText(await collect(response.body ?? []));
  } catch (error) {
    if (error instanceof TextError) throw error;
    const isLate = error instanceof Error && error.name === "TimeoutError";
    throw new TextError(isLate ? `no answer within ${URL_TIMEOUT_MS / 1000} s` : errorDetails(error, false));
  }
}

/**
 * Resolves with the manifests of a kustomize folder, rendered by the user's kubectl. Rejects with a {@link TextError}.
 */
export function renderKustomize(folder: string): Promise<string> {
  const options = { maxBuffer: MAX_BYTES, timeout: KUSTOMIZE_TIMEOUT_MS };
  return new Promise((resolve, reject) => {
    execFile("kubectl", ["kustomize", folder], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === "ENOENT") {
        const fix = `install kubectl, or render it yourself: kustomize build ${folder} | knap up -f -`;
        reject(new TextError("-k needs kubectl, which is not in the PATH", { fix }));
      } else reject(new TextError(stderr.trim() || error.message));
    });
  });
}

/** Rejects with a {@link TextError} or with the error of the stream. */
export async function readTextStream(stream: AsyncIterable<Uint8Array>): Promise<string> {
  return decodeText(await collect(stream));
}

async function collect(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new TextError(`it is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** UTF-8, or UTF-16 with a byte order mark, as Go's YAML parser reads it. Drops the mark. */
function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isLittle = first === 0xff && second === 0xfe;
  const encoding = isLittle ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const [before = ""] = new TextDecoder(encoding).decode(bytes).split("\ufffd", 1);
    const fix = "save it as UTF-8";
    throw new TextError(`it is not ${encoding.toUpperCase()} text`, { line: before.split("\n").length, fix });
  }
}
