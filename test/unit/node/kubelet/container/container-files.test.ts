// Tests changes of files in a running container, with an engine whose answers the test gives.
import { expect, test } from "vitest";
import { ContainerFiles } from "../../../../../src/node/kubelet/container/container-files.ts";
import { container, podFacts, running } from "../../../../support/pod-facts.ts";

test.each([1, 126, 127])("a container whose rm exits with code %d is replaced", async (exitCode) => {
  const runtime = { exec: async () => ({ exitCode, output: "rm: cannot remove 'a': Permission denied" }) };
  const facts = podFacts([container({ run: running() })]);
  const files = new ContainerFiles({ runtime, overlayOf: () => undefined } as never, { facts }, "web");
  expect(await files.place({ deleted: ["/app/a"], archive: undefined })).toMatchObject({ needsNew: true });
});
