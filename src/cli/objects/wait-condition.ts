// Parses `wait --for`: a condition, the deletion, or the value of a JSONPath. Pure.
import type { Condition } from "../../apis/meta/conditions.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { parseJsonPath } from "../output/json-path.ts";

/** `isMet(undefined)` means an object that does not exist. */
export interface ForCondition {
  /** What is printed once the condition is met. */
  readonly message: string;
  readonly forDelete: boolean;
  /** The requested condition type, in lower case. */
  readonly conditionType?: string;
  isMet(object: AnyObject | undefined): boolean;
}

/** Returns true if the object has the condition. Conditions of an older generation do not count. */
function conditionIs(object: AnyObject | undefined, type: string, status: string): boolean {
  const seen = (object?.status ?? {}) as { observedGeneration?: number; conditions?: readonly Condition[] };
  const behind =
    (seen.observedGeneration ?? 0) < (object?.metadata.generation ?? 0) && seen.observedGeneration !== undefined;
  const found = seen.conditions?.find((each) => each.type.toLowerCase() === type.toLowerCase());
  return !behind && found?.status.toLowerCase() === status.toLowerCase();
}

/** Returns the types of an object's conditions. */
export function conditionTypes({ status }: AnyObject): readonly string[] {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] };
  return conditions.map(({ type }) => type);
}

export function parseForCondition(text: string): Result<ForCondition> {
  if (text === "delete") {
    return ok({ message: "deleted", forDelete: true, isMet: (object) => object === undefined });
  }
  const condition = /^condition=([^=]+)(?:=(\w+))?$/.exec(text);
  if (condition) {
    const [, type = "", status = "True"] = condition;
    const isMet = (object: AnyObject | undefined): boolean => conditionIs(object, type, status);
    return ok({ message: "condition met", forDelete: false, conditionType: type.toLowerCase(), isMet });
  }
  const path = /^jsonpath=(.+?)(?:=([^=}]*))?$/.exec(text);
  const template = path ? parseJsonPath((path[1] ?? "").replace(/^(['"])(.*)\1$/, "$2")) : undefined;
  if (template?.ok === false) return template;
  if (template === undefined) return failed(`"${text}" is not condition=TYPE[=STATUS], delete or jsonpath={…}[=VALUE]`);
  const wanted = path?.[2];
  return ok({
    message: "condition met",
    forDelete: false,
    isMet: (object) => {
      const found = object === undefined ? "" : template.value(object);
      return wanted === undefined ? found !== "" : found === wanted;
    },
  });
}

export function readyOf(object: AnyObject): Condition | undefined {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: readonly Condition[] };
  return conditions.find(({ type }) => type === "Ready");
}
