// Tests which changed paths load the project again.
import { expect, test } from "vitest";
import { makeChangeFilter } from "../../../src/dev/change-filter.ts";

const filter = makeChangeFilter({
  project: { folder: "/app", inputs: ["/app/k8s/web.yaml"], manifestFolders: ["/app/k8s"], services: [] },
  files: [{ covers: (path) => path.startsWith("/app/"), isFolderRoot: (path) => path === "/app" }],
  isOwnFile: (path) => path === "/app/out.log",
});

test.each(["/app/k8s/web.yaml", "/app/k8s/new.yml", "/app/k8s", "/app/knap.yaml", "/app", "/app/package.json"])(
  "%s changes the project",
  (path) => expect(filter(path)).toBe("project"),
);

test.each(["/app/k8s/main.mjs", "/app/k8s/data/fixture.json", "/app/k8s/docker-compose.yml", "/app/src/a.yaml"])(
  "%s is only a file of a Service, although a folder of manifests may contain it",
  (path) => expect(filter(path)).toBe("files"),
);

test.each(["/app/out.log", "/elsewhere/a.txt"])("%s changes nothing", (path) => expect(filter(path)).toBeUndefined());
