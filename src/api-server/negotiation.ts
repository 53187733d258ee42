// Chooses the form of an answer from the Accept header: media type, and Table or PartialObjectMetadata instead of the
// object.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { failed, ok, type Result } from "../base/result.ts";

type AnswerKind = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface AnswerForm {
  readonly media: "json" | "yaml";
  /** Absent: the object or list itself. */
  readonly as: AnswerKind | undefined;
  /** The version of meta.k8s.io that `as` has. */
  readonly version: "v1" | "v1beta1";
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const KINDS: ReadonlySet<string> = new Set(["Table", "PartialObjectMetadata", "PartialObjectMetadataList"]);
const MEDIA = [
  { type: "application/json", media: "json" },
  { type: "application/yaml", media: "yaml" },
] as const;
const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Fails with 406 if the client accepts no form that the server has. Built-in kinds answer protobuf clients in JSON. */
export function answerForm(accept: string | undefined, isBuiltin: boolean): Result<AnswerForm, ApiStatus> {
  if ((accept ?? "").trim() === "") return ok({ media: "json", as: undefined, version: "v1" });
  const clauses = (accept ?? "").split(",").map(parseClause);
  for (const { type, parameters } of clauses.sort((a, b) => b.quality - a.quality)) {
    const transform = transformOf(parameters);
    if (!transform) continue;
    const found = MEDIA.find((each) => matches(type, each.type));
    if (found) return ok({ media: found.media, ...transform });
    if (isBuiltin && type === PROTOBUF) return ok({ media: "json", ...transform });
  }
  const types = `${MEDIA.map(({ type }) => type).join(", ")}, ${PROTOBUF}`;
  return failed(makeFailure("NotAcceptable", `only the following media types are accepted: ${types}`));
}

function parseClause(text: string): Clause {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const [name = "", value = ""] = part.split("=").map((side) => side.trim());
      return [name.toLowerCase(), value.replace(/^"(.*)"$/, "$1")] as const;
    }),
  );
  const quality = Number(parameters.get("q") ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 1 };
}

function matches(wanted: string, type: string): boolean {
  return wanted === type || wanted === "*/*" || wanted === "application/*";
}

/** Returns undefined for a kind that answers do not have. */
function transformOf(parameters: Clause["parameters"]): Pick<AnswerForm, "as" | "version"> | undefined {
  const as = parameters.get("as") ?? "";
  const version = parameters.get("v") ?? "v1";
  if (as === "") return { as: undefined, version: "v1" };
  if (!KINDS.has(as) || parameters.get("g") !== "meta.k8s.io") return undefined;
  return version === "v1" || version === "v1beta1" ? { as: as as AnswerKind, version } : undefined;
}
