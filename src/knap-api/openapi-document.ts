// Makes the OpenAPI document of the API group knap.dev from the table of its endpoints. Pure.
import { type EndpointDoc, endpointDocs } from "./endpoint-docs.ts";

const PREFIX = "/apis/knap.dev/v1";

const content = (schema: object): object => ({ "application/json": { schema } });

function operationOf({ method, path, summary, query = {}, body, answer, refusals = {} }: EndpointDoc): object {
  const status = { $ref: "#/components/schemas/Status" };
  const words = path.split(/[/-]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    operationId: method.toLowerCase() + words.join(""),
    summary,
    parameters: Object.entries(query).map(([name, description]) => ({
      name: name.replace(/!$/, ""),
      in: "query",
      required: name.endsWith("!"),
      description,
      schema: { type: "string" },
    })),
    ...(body && { requestBody: { required: true, content: content(body) } }),
    responses: {
      "200": { description: "OK", content: content(answer) },
      ...Object.fromEntries(
        Object.entries(refusals).map(([code, description]) => [code, { description, content: content(status) }]),
      ),
    },
  };
}

/** Returns the document of OpenAPI 3.0. */
export function makeOpenApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const doc of endpointDocs) {
    const path = PREFIX + doc.path;
    paths[path] = { ...paths[path], [doc.method.toLowerCase()]: operationOf(doc) };
  }
  return {
    openapi: "3.0.0",
    info: {
      title: "knap.dev",
      version: "v1",
      description: "What a session of knap has and a cluster has not. All calls carry the session's bearer token.",
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: {
        Status: {
          type: "object",
          description: "A Kubernetes Status.",
          properties: { message: { type: "string" }, reason: { type: "string" }, code: { type: "integer" } },
        },
      },
    },
  };
}
