// Answers reviews of rights and identity. The session has one user, who may do everything.
import { apiVersionOf } from "../apis/kinds.ts";
import { refuse } from "../apis/meta/api-status.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { methodNotAllowed } from "./reads.ts";
import { jsonBody } from "./request-body.ts";
import type { ResourcePath } from "./resource-path.ts";

const ALLOWED = { allowed: true, reason: "the token of a knap session has every right" };
const EVERY_RULE = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
  incomplete: false,
};

/** By the kind of the review: the status of the answer. */
const statuses: Readonly<Record<string, (request: ApiRequest) => object>> = {
  SelfSubjectAccessReview: () => ALLOWED,
  SubjectAccessReview: () => ALLOWED,
  LocalSubjectAccessReview: () => ALLOWED,
  SelfSubjectRulesReview: () => EVERY_RULE,
  SelfSubjectReview: ({ user }) => ({
    userInfo: { username: user, groups: ["system:masters", "system:authenticated"] },
  }),
};

/** The only method is POST: its answer is the review with a status, which is not stored. */
export function answerReview(request: ApiRequest, path: ResourcePath): ApiAnswer {
  const { resource, name } = path;
  if (request.method !== "POST" || name !== undefined) return methodNotAllowed(path);
  const body = jsonBody(request);
  if (!body.ok) return statusAnswer(body.error);
  const { kind = resource.name, metadata = {}, spec = {} } = body.value ?? {};
  if (kind !== resource.name) {
    const refused = refuse("BadRequest", `the body must be of kind ${resource.name}: it is ${JSON.stringify(kind)}`);
    return statusAnswer(refused.error);
  }
  const status = statuses[resource.name]?.(request);
  return json(201, { kind, apiVersion: apiVersionOf(resource), metadata, spec, status });
}
