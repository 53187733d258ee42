// Which of a pod's containers requests go to. Pure.
import type { Container } from "./pod-spec.ts";

/** The container that serves: the first with a port, else the first (`pkg/apis/serving/v1/revision_helpers.go`). */
export function servingContainer(containers: readonly Container[]): Container | undefined {
  return containers.find(hasPorts) ?? containers[0];
}

export function hasPorts({ ports }: Container): boolean {
  return (ports?.length ?? 0) > 0;
}
