// Parses field selectors (`metadata.name=a,status.phase!=Pending`) and reads the fields that they select.
import type { Kind } from "../apis/kinds.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";

export interface FieldRequirement {
  readonly path: readonly string[];
  readonly value: string;
  readonly equal: boolean;
}

const EVERY_KIND = ["metadata.name", "metadata.namespace"];
const INVOLVED = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
/** The other fields that Kubernetes indexes. All kinds with a `.` in their group have only the two above. */
const OF_KIND: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  Pod: [
    ...["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork"],
    ...["status.phase", "status.podIP", "status.nominatedNodeName"],
  ],
  Event: [...INVOLVED.map((name) => `involvedObject.${name}`), ...["reason", "reportingComponent", "source", "type"]],
  Secret: ["type"],
  Namespace: ["status.phase"],
  Node: ["spec.unschedulable"],
  Service: ["spec.clusterIP", "spec.type"],
};
/** Fields with a name of their own. */
const ALIASES: Readonly<Record<string, string>> = { source: "source.component" };

/** Fails for a term that does not parse, and for a field that the kind does not index. */
export function parseFieldSelector(kind: Kind, text: string): Result<readonly FieldRequirement[]> {
  const requirements: FieldRequirement[] = [];
  for (const term of termsOf(text)) {
    const [, path = "", sign, value = ""] = /^([^=!]+)(==|=|!=)(.*)$/s.exec(term) ?? [];
    if (path === "") return failed(`invalid selector: '${text}'; can't understand '${term}'`);
    if (![...EVERY_KIND, ...(OF_KIND[kind] ?? [])].includes(path)) return failed(`field label not supported: ${path}`);
    const plain = value.replace(/\\([\\,=])/g, "$1");
    requirements.push({ path: (ALIASES[path] ?? path).split("."), value: plain, equal: sign !== "!=" });
  }
  return ok(requirements);
}

/** Splits at commas without a backslash before them. */
function termsOf(text: string): readonly string[] {
  return text.match(/(?:\\.|[^\\,])+/gs) ?? [];
}

/** A missing field has the value "". */
export function matchesFields(requirements: readonly FieldRequirement[], object: AnyObject): boolean {
  return requirements.every(({ path, value, equal }) => (fieldText(object, path) === value) === equal);
}

function fieldText(object: unknown, path: readonly string[]): string {
  let value = object;
  for (const part of path) value = isFields(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  if (value === undefined && path.at(-1) === "unschedulable") return "false";
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}
