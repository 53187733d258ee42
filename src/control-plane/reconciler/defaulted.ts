// Objects as today's defaults complete them: planners look at these, so a changed config-defaults reaches what they make.

import type { ServingConfig } from "../../apis/config/types.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { setDefaults } from "../../apis/serving/defaults.ts";
import { sameJson } from "../../base/json.ts";
import type { World } from "../controller/reconciler.ts";

/** The object defaulted in memory, as neither created nor updated. What is stored stays as it is; what is complete already is the same object. */
export function defaulted<T extends AnyObject>(object: T, world: World): T {
  const { labels, annotations } = object.metadata;
  // a template for container names may read them; the object's name never changes
  const spec = world.derived(defaultedSpec, object, [object.spec as object | undefined, labels, annotations]);
  return spec === object.spec ? object : { ...object, spec };
}

function defaultedSpec(object: AnyObject, config: ServingConfig): unknown {
  const { spec } = setDefaults(object, { config });
  return sameJson(spec, object.spec) ? object.spec : spec;
}
