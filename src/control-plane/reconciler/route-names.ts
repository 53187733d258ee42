// The annotation serving.knative.dev/routes: which Routes point at a Configuration or Revision, sorted, comma separated.
// Source: pkg/reconciler/labeler/metasyncer.go.
import type { AnyObject } from "../../apis/meta/object.ts";
import { ROUTES_ANNOTATION } from "../../apis/serving/labels.ts";

/** The Routes that the annotation names. */
export function routeNames(object: AnyObject | undefined): readonly string[] {
  const text = object?.metadata.annotations?.[ROUTES_ANNOTATION] ?? "";
  return text === "" ? [] : text.split(",");
}

/** The annotation's value for these Routes. */
export function routesText(names: Iterable<string>): string {
  return [...names].sort().join(",");
}
