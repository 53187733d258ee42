// Reads the file at terminationMessagePath after a container has exited. An error gives an empty message.
import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";

/** Kubernetes reads this much from the end of the file (pkg/kubelet/container/runtime.go). */
const MESSAGE_BYTES = 4096;
/** Size limit in bytes. The kubelet does not read a larger file. */
const LONGEST_FILE_BYTES = 1024 * 1024;
/** This folder is in memory, so its files are lost when the container exits. Kubernetes' default path is in it. */
const IN_MEMORY = /^\/dev(\/|$)/;

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

/** Returns the end of the first entry of an archive; "" if that entry is not a file. */
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
