// Reads the file at terminationMessagePath after a container has exited. An error gives an empty message.
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";
import { readArchivedFile } from "./archived-file.ts";

/** Kubernetes reads this much from the end of the file (pkg/kubelet/container/runtime.go). */
const MESSAGE_BYTES = 4096;
/** This folder is in memory, so its files are lost when the container exits. Kubernetes' default path is in it. */
const IN_MEMORY = /^\/dev(\/|$)/;

export async function readTerminationFile(
  runtime: ContainerRuntime,
  containerId: string,
  { terminationMessagePath: path = "" }: Container,
): Promise<string> {
  if (path === "" || IN_MEMORY.test(path) || !runtime.capabilities.archives) return "";
  try {
    return await readArchivedFile(await runtime.getArchive(containerId, path), MESSAGE_BYTES);
  } catch {
    return "";
  }
}
