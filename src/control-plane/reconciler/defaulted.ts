// Objects as today's defaults complete them: planners look at these, so a changed config-defaults reaches what they make.
import type { AnyObject } from "../../apis/meta/object.ts";
import { setDefaults } from "../../apis/serving/defaults.ts";
import type { World } from "../controller/reconciler.ts";

/** The object defaulted in memory, as neither created nor updated. What is stored stays as it is. */
export function defaulted<T extends AnyObject>(object: T, { config }: World): T {
  return setDefaults(object, { config }) as T;
}
