import { describe, expect, test } from "vitest";
import { fullName, parseTargets, resourceOfWord } from "../../../src/cli/objects/targets.ts";
import { parseForCondition } from "../../../src/cli/objects/wait-condition.ts";

describe("naming objects", () => {
  test.each([
    ["ksvc", "Service.serving.knative.dev"],
    ["service", "Service.serving.knative.dev"],
    ["svc", "Service"],
    ["services.serving.knative.dev", "Service.serving.knative.dev"],
    ["Revision", "Revision.serving.knative.dev"],
    ["rev", "Revision.serving.knative.dev"],
    ["po", "Pod"],
    ["deployments.apps", "Deployment.apps"],
    ["dm", "DomainMapping.serving.knative.dev"],
  ])("the word %s means the kind %s", (word, kind) => {
    expect(resourceOfWord(word)?.kind).toBe(kind);
  });

  test("targets are parsed from kinds, names, kind/name and categories", () => {
    const parsed = (words: readonly string[]) => {
      const targets = parseTargets(words);
      return targets.ok ? targets.value.map(({ resource, names }) => [resource.kind, ...names]) : targets.error;
    };
    expect(parsed(["ksvc,rev"])).toEqual([["Service.serving.knative.dev"], ["Revision.serving.knative.dev"]]);
    expect(parsed(["ksvc", "a", "b"])).toEqual([["Service.serving.knative.dev", "a", "b"]]);
    expect(parsed(["ksvc/a", "pod/b"])).toEqual([
      ["Service.serving.knative.dev", "a"],
      ["Pod", "b"],
    ]);
    expect(parsed(["all"])).toContainEqual(["Route.serving.knative.dev"]);
    expect(parsed(["ksvcs"])).toContain('doesn\'t have a resource type "ksvcs" (did you mean ksvc?)');
    expect(parsed(["ksvc/a", "b"])).toContain("KIND/NAME");
  });

  test("the full name of an object is the name that -o name prints", () => {
    const ksvc = resourceOfWord("ksvc");
    const pod = resourceOfWord("pod");
    expect(ksvc && fullName(ksvc, "a")).toBe("service.serving.knative.dev/a");
    expect(pod && fullName(pod, "b")).toBe("pod/b");
  });
});

describe("wait --for", () => {
  const object = (status: string, generation = 1, observedGeneration = 1) => ({
    apiVersion: "v1",
    kind: "X",
    metadata: { name: "x", generation },
    status: { observedGeneration, conditions: [{ type: "Ready", status }] },
  });
  const met = (text: string, about: ReturnType<typeof object> | undefined) => {
    const wish = parseForCondition(text);
    return wish.ok && wish.value.isMet(about);
  };

  test("`wait --for condition` ignores a condition of an older generation", () => {
    expect(met("condition=Ready", object("True"))).toBe(true);
    expect(met("condition=ready=false", object("False"))).toBe(true);
    expect(met("condition=Ready", object("False"))).toBe(false);
    expect(met("condition=Ready", object("True", 2, 1))).toBe(false);
    expect(met("condition=Ready", undefined)).toBe(false);
  });

  test("`wait --for` can wait for a deletion and for the value of a path", () => {
    expect(met("delete", undefined)).toBe(true);
    expect(met("delete", object("True"))).toBe(false);
    expect(met("jsonpath={.metadata.name}=x", object("True"))).toBe(true);
    expect(met("jsonpath={.metadata.none}", object("True"))).toBe(false);
    expect(parseForCondition("ready").ok).toBe(false);
  });
});
