// Replaces images of Services, or has them built, as the option `images` of the test library says. Pure.
import { servingContainer } from "../apis/core/pod.ts";
import type { Container } from "../apis/core/pod-spec.ts";
import type { Service } from "../apis/serving/types.ts";
import type { BuildSettingsText } from "./build-schema.ts";

/** Image of the manifests → another image, or how it is built. A key without tag and digest stands for all. */
export type ImageSubstitutes = Readonly<Record<string, string | { readonly build: BuildSettingsText }>>;

/** Collects what the substitution of several Services did. */
export interface SubstitutionReport {
  /** Name of the Service → how the image of its serving container is built. */
  readonly builds: Map<string, BuildSettingsText>;
  readonly usedKeys: Set<string>;
  /** All images of the Services, as written in the files. */
  readonly images: Set<string>;
  /** Images to build whose container is not the serving one. */
  readonly unbuildable: Set<string>;
}

/** Returns `registry:5000/app` for `registry:5000/app:v1@sha256:…`. */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

/** Returns the Service with the other images, and adds to the report. */
export function substituteImages(service: Service, wanted: ImageSubstitutes, report: SubstitutionReport): Service {
  const { template } = service.spec;
  const { containers = [], initContainers } = template.spec ?? {};
  const serving = servingContainer(containers);
  const replace = (container: Container): Container => {
    const { image = "" } = container;
    report.images.add(image);
    const key = [image, repositoryOf(image)].find((each) => Object.hasOwn(wanted, each)) ?? "";
    const substitute = wanted[key];
    if (substitute === undefined) return container;
    report.usedKeys.add(key);
    if (typeof substitute === "string") return { ...container, image: substitute };
    if (container === serving) report.builds.set(service.metadata.name, substitute.build);
    else report.unbuildable.add(image);
    return container;
  };
  const spec = {
    ...template.spec,
    containers: containers.map(replace),
    ...(initContainers && { initContainers: initContainers.map(replace) }),
  };
  return { ...service, spec: { ...service.spec, template: { ...template, spec } } };
}
