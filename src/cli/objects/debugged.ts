// Finds out which of some Services and Revisions are debugged, for commands that show them.
import { kindOf } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { debugOffCommand } from "../../apis/serving/debug.ts";
import { countText } from "../../base/count-text.ts";
import type { Client } from "../../client/client.ts";
import type { DebugState } from "../../client/debug.ts";

/** Resolves with a line for each debugged object: where a debugger attaches, and how to end it. */
export async function debuggedLines(client: Client, objects: readonly AnyObject[]): Promise<readonly string[]> {
  const shown = objects.filter((object) => nameField(object) !== undefined);
  if (shown.length === 0) return [];
  const states = await client.knap<readonly DebugState[]>("GET", "/debug");
  return shown.flatMap((object) => {
    const { namespace, name } = object.metadata;
    const field = nameField(object) ?? "revision";
    const state = states.find((each) => each.namespace === namespace && each[field] === name);
    return state ? [`${name} is debugged at ${debugText(state)}`] : [];
  });
}

function debugText(state: DebugState): string {
  const { host, port, debugger: kind, attached } = state;
  return `${host}:${port} (${kind}, ${countText(attached, "debugger")} attached); \`${debugOffCommand(state)}\` ends it`;
}

function nameField(object: AnyObject): "service" | "revision" | undefined {
  const kind = kindOf(object);
  if (kind === "Service.serving.knative.dev") return "service";
  return kind === "Revision.serving.knative.dev" ? "revision" : undefined;
}
