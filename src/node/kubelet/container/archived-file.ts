// Reads one file of a container from an archive of the engine.
import type { Readable } from "node:stream";
import { extract } from "tar-stream";

/** Size limit in bytes. A larger file is not read. */
const LONGEST_FILE_BYTES = 1024 * 1024;

/** Resolves with the last bytes of the first entry; "" if it is not a file. Rejects if the archive is broken. */
export function readArchivedFile(archive: Readable, mostBytes = LONGEST_FILE_BYTES): Promise<string> {
  return new Promise((resolve, reject) => {
    const entries = extract();
    const done = (text: string): void => {
      resolve(text);
      archive.destroy();
      entries.destroy();
    };
    entries.once("entry", ({ type, size = 0 }, content) => {
      if (type !== "file" || size > LONGEST_FILE_BYTES) return done("");
      let end = Buffer.alloc(0);
      content.on("data", (part: Buffer) => {
        end = Buffer.concat([end, part]).subarray(-mostBytes);
      });
      content.once("end", () => done(end.toString("utf8")));
    });
    entries.once("finish", () => done(""));
    for (const stream of [archive, entries]) stream.once("error", reject);
    archive.pipe(entries);
  });
}
