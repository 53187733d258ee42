// Reads commands to watch mode from annotations of Services. UIs write these annotations through the API.
import { keyOf, namespacedName } from "../apis/meta/key.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Client } from "../client/client.ts";

/** A changed value requests a rebuild. */
export const REBUILD_ANNOTATION = "knap.dev/rebuild-requested-at";
/** "true": watch mode does not deploy changed files. */
export const PAUSE_ANNOTATION = "knap.dev/watch-paused";

export interface DevCommands {
  /** `namespace/name` */
  rebuild(service: string): void;
  /** `paused`: at least one Service has the annotation. */
  pause(paused: boolean): void;
}

/** Calls the commands when annotations change. Annotations of the first report only count as known. */
export function makeCommandReader(commands: DevCommands): (service: Service, deleted: boolean) => void {
  const requests = new Map<string, string | undefined>();
  const paused = new Set<string>();
  return (service, deleted) => {
    const key = namespacedName(keyOf(service));
    const { [REBUILD_ANNOTATION]: request, [PAUSE_ANNOTATION]: pause } = service.metadata.annotations ?? {};
    if (requests.has(key) && request !== undefined && requests.get(key) !== request && !deleted) commands.rebuild(key);
    requests.set(key, request);
    const before = paused.size > 0;
    if (pause === "true" && !deleted) paused.add(key);
    else paused.delete(key);
    if (paused.size > 0 !== before) commands.pause(paused.size > 0);
  };
}

/** Follows the Services until aborted. */
export async function followServices(
  client: Client,
  signal: AbortSignal,
  onService: (service: Service, deleted: boolean) => void,
): Promise<void> {
  try {
    for await (const event of client.watch("Service.serving.knative.dev", { signal })) {
      if (event.type !== "RESTART") onService(event.object, event.type === "DELETED");
    }
  } catch {
    // The session is stopping, so no more commands arrive.
  }
}
