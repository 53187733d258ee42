// What a container has written into its terminationMessagePath, read from the container after its end. A message is worth no failure, so none is reported.
import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";

/** So much of its end is a message. Source: kubernetes pkg/kubelet/container/runtime.go. */
const MESSAGE_BYTES = 4096;
/** Nobody writes that much to be read as a message; a path that names another file is not read to its end. */
const LONGEST_FILE_BYTES = 1024 * 1024;
/** Gone with the container: it lies in memory while that runs. Kubernetes' default path is there. */
const IN_MEMORY = /^\/dev(\/|$)/;

/** The last 4096 bytes of the file; "" when there is none, or it cannot be had after the end. */
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

/** The end of the first entry of an archive, if that is a file. */
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
