// The suite of api-examples.json: objects, conditions and rollouts that Knative's own builders and lifecycles produced.
import { childName } from "../../src/apis/meta/names.ts";
import { judgeChildren } from "./api-examples/children.ts";
import { judgeConditions } from "./api-examples/conditions.ts";
import { judge } from "./api-examples/examples.ts";
import { judgeRollout } from "./api-examples/rollouts.ts";
import { judgeDomainMapping, judgeRoute } from "./api-examples/routes.ts";
import type { Suite, Verdict } from "./case.ts";

interface Name {
  readonly parent: string;
  readonly suffix: string;
  readonly result: string;
}

export const apiExamplesSuite: Suite = (file) =>
  Object.entries(file as Record<string, never>).flatMap(([name, example]): readonly Verdict[] => {
    if (name === "childName") return (example as readonly Name[]).map(judgeName);
    if (name.startsWith("children/")) return judgeChildren(name, example);
    if (name.startsWith("conditions/")) return judgeConditions(name, example);
    if (name.startsWith("rollout/")) return judgeRollout(name, example);
    if (name.startsWith("route/")) return judgeRoute(name, example);
    if (name.startsWith("domainMapping/")) return [judgeDomainMapping(name, example)];
    return [{ name, passed: false, why: "no judge for this part" }];
  });

function judgeName({ parent, suffix, result }: Name): Verdict {
  return judge(`childName/${parent}${suffix}`, result, childName(parent, suffix));
}
