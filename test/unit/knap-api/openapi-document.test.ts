// Tests that the OpenAPI document of knap.dev has every endpoint, and nothing else.
import { expect, test } from "vitest";
import { endpointDocs } from "../../../src/knap-api/endpoint-docs.ts";
import { type KnapEndpointOptions, makeKnapEndpoints } from "../../../src/knap-api/knap-endpoints.ts";
import { makeOpenApiDocument } from "../../../src/knap-api/openapi-document.ts";

test("every endpoint of knap.dev is documented, and every documented endpoint exists", () => {
  const options = { control: { store: { watch: () => {} } } } as unknown as KnapEndpointOptions;
  const documented = endpointDocs.map(({ method, path }) => `${method} /${path.split("/")[1]}`);
  expect([...new Set(documented)].sort()).toEqual([...makeKnapEndpoints(options).keys()].sort());
});

test("the document has one operation per endpoint, with unique ids", () => {
  const { paths } = makeOpenApiDocument() as { paths: Record<string, Record<string, { operationId: string }>> };
  const ids = Object.values(paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId),
  );
  expect(ids).toHaveLength(endpointDocs.length);
  expect(new Set(ids).size).toBe(ids.length);
  expect(paths["/apis/knap.dev/v1/clock/advance"]?.["post"]).toMatchObject({ operationId: "postClockAdvance" });
});
