// Chooses the container of a pod for logs, exec and attach.
import type { Pod } from "../apis/core/types.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { ok, type Result } from "../base/result.ts";

const DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

/**
 * Returns the name of the requested container, else of the one that the pod's annotation names, else of the only one.
 * @see kubernetes pkg/registry/core/pod/strategy.go
 */
export function chooseContainer({ metadata, spec }: Pod, requested: string | null): Result<string, ApiStatus> {
  const names = spec.containers.map(({ name }) => name ?? "");
  const initNames = (spec.initContainers ?? []).map(({ name }) => name ?? "");
  if (requested) {
    if ([...initNames, ...names].includes(requested)) return ok(requested);
    return refuse("BadRequest", `container ${requested} is not valid for pod ${metadata.name}`);
  }
  const usual = metadata.annotations?.[DEFAULT_CONTAINER] ?? "";
  if (names.includes(usual)) return ok(usual);
  const [only] = names;
  if (only !== undefined && names.length === 1) return ok(only);
  const choose = `a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(" ")}]`;
  const orInit = initNames.length > 0 ? ` or one of the init containers: [${initNames.join(" ")}]` : "";
  return refuse("BadRequest", choose + orInit);
}
