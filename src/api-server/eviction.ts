// Serves POST …/pods/NAME/eviction, which `kubectl drain` calls. knap has no disruption budgets, so an eviction is a
// delete.
import type { ApiStatus } from "../apis/meta/api-status.ts";
import { refuse } from "../apis/meta/api-status.ts";
import { keyOf } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";
import { ok, type Result } from "../base/result.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { parseDeleteOptions } from "./deletes.ts";
import { jsonBody } from "./request-body.ts";

export function evictPod(store: ObjectStore, request: ApiRequest, pod: Stored): ApiAnswer {
  const given = optionsOf(request);
  const options = given.ok ? parseDeleteOptions(request, given.value) : given;
  if (!options.ok) return statusAnswer(options.error);
  const outcome = store.delete(keyOf(pod), options.value);
  if ("refused" in outcome) return statusAnswer(outcome.refused);
  return json(201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

function optionsOf(request: ApiRequest): Result<Readonly<Record<string, unknown>>, ApiStatus> {
  const body = jsonBody(request);
  if (!body.ok) return body;
  const { kind = "Eviction", deleteOptions = {} } = body.value ?? {};
  if (kind !== "Eviction") {
    return refuse("BadRequest", `the body must be of kind Eviction: it is ${JSON.stringify(kind)}`);
  }
  return isFields(deleteOptions) ? ok(deleteOptions) : refuse("BadRequest", "deleteOptions must be an object");
}
