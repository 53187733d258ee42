// Finds the gateway container's program, one file that the build puts beside knap's own.
import { readFile } from "node:fs/promises";

/** From dist/, from dist/chunks/, and from this source file. */
const PLACES = ["./gateway.js", "../gateway.js", "../../../dist/gateway.js"];

/** Rejects when it has not been built. */
export async function readGatewayProgram(): Promise<Buffer> {
  for (const place of PLACES) {
    const found = await readFile(new URL(place, import.meta.url)).catch(() => undefined);
    if (found) return found;
  }
  throw new Error("the gateway's program is not here; run `npm run build`");
}
