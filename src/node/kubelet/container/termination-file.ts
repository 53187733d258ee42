// Reads the terminationMessagePath of a container after its end. Errors are ignored; the message is then "".
import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";

/** Only the end of the file counts. Source: kubernetes pkg/kubelet/container/runtime.go. */
const MESSAGE_BYTES = 4096;
/** A larger file is not meant as a message and is not read. */
const LONGEST_FILE_BYTES = 1024 * 1024;
/** In memory, so it is lost when the container ends. Kubernetes' default path is there. */
const IN_MEMORY = /^\/dev(\/|$)/;

/** The last 4096 bytes of the file; "" when it does not exist or cannot be read. */
export async function readTerminationFile(
  runtime: ContainerRuntime,
  containerId: string,
  { terminationMessagePath: path = "" }: Container,
): Promise<string> {
  if (path === "" || IN_MEMORY.test(path) || !runtime.capabilities.archives) return "";
  try {
    return await firstFile(await runtime.getArchive(containerId, path));
  } catch {
    return "";
  }
}

/** The end of the first entry of an archive, if it is a file. */
function firstFile(archive: Readable): Promise<string> {
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
        end = Buffer.concat([end, part]).subarray(-MESSAGE_BYTES);
      });
      content.once("end", () => done(end.toString("utf8")));
    });
    entries.once("finish", () => done(""));
    for (const stream of [archive, entries]) stream.once("error", reject);
    archive.pipe(entries);
  });
}
