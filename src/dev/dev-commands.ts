// What others ask of dev, as annotations on Services: a UI writes them through the API, dev reads them. No import goes the other way.
import type { Service } from "../apis/serving/types.ts";
import type { Client } from "../client/client.ts";

/** A new value means "build again". */
export const REBUILD_ANNOTATION = "knap.dev/rebuild-requested-at";
/** "true": saved files are left alone. */
export const PAUSE_ANNOTATION = "knap.dev/watch-paused";

export interface DevCommands {
  /** `namespace/name` */
  rebuild(service: string): void;
  /** True while any Service asks for it. */
  pause(wanted: boolean): void;
}

/** Remembers what was asked before, so that an old wish is not carried out again. */
export function makeCommandReader(commands: DevCommands): (service: Service, deleted: boolean) => void {
  const asked = new Map<string, string | undefined>();
  const pausing = new Set<string>();
  return ({ metadata }, deleted) => {
    const key = `${metadata.namespace ?? ""}/${metadata.name}`;
    const { [REBUILD_ANNOTATION]: wish, [PAUSE_ANNOTATION]: pause } = metadata.annotations ?? {};
    if (asked.has(key) && wish !== undefined && asked.get(key) !== wish && !deleted) commands.rebuild(key);
    asked.set(key, wish);
    const before = pausing.size > 0;
    if (pause === "true" && !deleted) pausing.add(key);
    else pausing.delete(key);
    if (pausing.size > 0 !== before) commands.pause(pausing.size > 0);
  };
}

/** Follows the Services until aborted. */
export async function followServices(
  client: Client,
  signal: AbortSignal,
  see: (service: Service, deleted: boolean) => void,
): Promise<void> {
  try {
    for await (const event of client.watch("Service.serving.knative.dev", { signal })) {
      if (event.type !== "RESTART") see(event.object, event.type === "DELETED");
    }
  } catch {
    // The session is ending: nobody asks any more.
  }
}
