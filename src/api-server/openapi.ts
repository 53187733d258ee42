// Serves OpenAPI v3 per group-version, and OpenAPI v2 as JSON. kubectl 1.29 and newer reads v3.

import { apiResources, apiVersionOf, type Resource } from "../apis/kinds.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import { headerValue } from "../data-plane/http/headers.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { pathsOf } from "./openapi-paths.ts";
import { namedSchemas } from "./openapi-schemas.ts";

const INFO = { title: "knap", version: "v1" };
/** A document is made at its first request, because most clients ask for none. */
const texts = new Map<string, string>();

const pathOf = (resource: Resource): string => (resource.group === "" ? "api/" : "apis/") + apiVersionOf(resource);

/** Returns a document; undefined for other paths. Links in it start with the prefix of the request. */
export function openApi({ path, prefix, headers }: ApiRequest): ApiAnswer | undefined {
  if (path === "/openapi/v2") return acceptsJson(headerValue(headers, "accept")) ? document(path, makeV2) : notJson;
  if (path === "/openapi/v3") {
    const paths = [...new Set(apiResources.map(pathOf))];
    const entries = paths.map((each) => [each, { serverRelativeURL: `${prefix}/openapi/v3/${each}?hash=1` }]);
    return json(200, { paths: Object.fromEntries(entries) });
  }
  const found = apiResources.filter((resource) => path === `/openapi/v3/${pathOf(resource)}`);
  return found.length > 0 ? document(path, () => makeV3(found)) : undefined;
}

function document(path: string, make: () => object): ApiAnswer {
  const text = texts.get(path) ?? JSON.stringify(make());
  texts.set(path, text);
  return { code: 200, text, contentType: "application/json" };
}

function makeV3(found: readonly Resource[]): object {
  return {
    openapi: "3.0.0",
    info: INFO,
    paths: Object.assign({}, ...found.map(pathsOf)),
    components: { schemas: namedSchemas(found, "#/components/schemas/") },
  };
}

function makeV2(): object {
  return { swagger: "2.0", info: INFO, paths: {}, definitions: namedSchemas(apiResources, "#/definitions/") };
}

function acceptsJson(accept = ""): boolean {
  return accept.trim() === "" || /application\/json|\*\/\*|application\/\*/.test(accept);
}

const notJson = statusAnswer(makeFailure("NotAcceptable", "OpenAPI v2 is served as application/json only"));
