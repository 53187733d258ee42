// The Ready condition of any Knative object. Pure.
import type { Condition } from "../../apis/meta/condition.ts";
import type { AnyObject } from "../../apis/meta/object.ts";

export function readyOf(object: AnyObject): Condition | undefined {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: readonly Condition[] };
  return conditions.find(({ type }) => type === "Ready");
}
