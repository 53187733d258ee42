// `knap ci -- npm test` starts the Service and sets KNAP_URL.
import assert from "node:assert/strict";
import { test } from "node:test";

test("the Service greets", async () => {
  const response = await fetch(process.env.KNAP_URL ?? "");
  assert.equal(response.status, 200);
  assert.match(await response.text(), /^Hello World!/);
});
