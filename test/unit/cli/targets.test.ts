import { describe, expect, test } from "vitest";
import { fullName, parseTargets, resourceOfWord } from "../../../src/cli/objects/targets.ts";
import { parseWaitCondition } from "../../../src/cli/objects/wait-condition.ts";

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
  ])("%s is %s", (word, kind) => {
    expect(resourceOfWord(word)?.kind).toBe(kind);
  });

  test("targets are parsed from kinds, names, kind/name and categories", () => {
    const shown = (words: readonly string[]) => {
      const targets = parseTargets(words);
      return targets.ok ? targets.value.map(({ resource, names }) => [resource.kind, ...names]) : targets.error;
    };
    expect(shown(["ksvc,rev"])).toEqual([["Service.serving.knative.dev"], ["Revision.serving.knative.dev"]]);
    expect(shown(["ksvc", "a", "b"])).toEqual([["Service.serving.knative.dev", "a", "b"]]);
    expect(shown(["ksvc/a", "pod/b"])).toEqual([
      ["Service.serving.knative.dev", "a"],
      ["Pod", "b"],
    ]);
    expect(shown(["all"])).toContainEqual(["Route.serving.knative.dev"]);
    expect(shown(["ksvcs"])).toContain('doesn\'t have a resource type "ksvcs" (did you mean ksvc?)');
    expect(shown(["ksvc/a", "b"])).toContain("KIND/NAME");
  });

  test("a full name is the one that -o name prints", () => {
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
    const wish = parseWaitCondition(text);
    return wish.ok && wish.value.isMet(about);
  };

  test("a condition counts only once the newest generation is observed", () => {
    expect(met("condition=Ready", object("True"))).toBe(true);
    expect(met("condition=ready=false", object("False"))).toBe(true);
    expect(met("condition=Ready", object("False"))).toBe(false);
    expect(met("condition=Ready", object("True", 2, 1))).toBe(false);
    expect(met("condition=Ready", undefined)).toBe(false);
  });

  test("waiting for deletion and for the value of a path is supported", () => {
    expect(met("delete", undefined)).toBe(true);
    expect(met("delete", object("True"))).toBe(false);
    expect(met("jsonpath={.metadata.name}=x", object("True"))).toBe(true);
    expect(met("jsonpath={.metadata.none}", object("True"))).toBe(false);
    expect(parseWaitCondition("ready").ok).toBe(false);
  });
});
