import { describe, expect, it } from "vitest";
import { imageReferenceText, parseImageReference, repositoryName } from "../../../src/apis/core/image-reference.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

describe("image references", () => {
  it.each([
    ["nginx", "index.docker.io/library/nginx:latest"],
    ["acme/web:1", "index.docker.io/acme/web:1"],
    ["docker.io/nginx", "index.docker.io/library/nginx:latest"],
    ["localhost:5000/web", "localhost:5000/web:latest"],
    ["dev.local/default/web:abc", "dev.local/default/web:abc"],
    [`ghcr.io/acme/web@${DIGEST}`, `ghcr.io/acme/web@${DIGEST}`],
    [`ghcr.io/acme/web:1@${DIGEST}`, `ghcr.io/acme/web@${DIGEST}`],
  ])("the full name of image %s is %s", (text, full) => {
    const reference = parseImageReference(text);
    expect(reference && imageReferenceText(reference)).toBe(full);
  });
  it.each(["a", "Acme/web", "ghcr.io/acme/web@sha256:abc", "hello world", `a/b@${DIGEST}@${DIGEST}`, "a/b:1+2", ""])(
    "the image reference %j is refused",
    (text) => {
      expect(parseImageReference(text)).toBeUndefined();
    },
  );
  it("an image reference is split into registry and repository", () => {
    const reference = parseImageReference("ghcr.io/acme/web:1");
    expect(reference).toEqual({ registry: "ghcr.io", repository: "acme/web", tag: "1" });
    expect(reference && repositoryName(reference)).toBe("ghcr.io/acme/web");
  });
});
