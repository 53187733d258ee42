// Knows the current step of each build, for UIs.
import type { BuildServiceImage } from "./image-builder.ts";

export class BuildSteps {
  readonly #steps = new Map<string, string>();

  /** `namespace/name` of each Service whose image is being built → the step, or "" before the first one. */
  get steps(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#steps);
  }

  /** Returns a builder that builds as the given one does. A Service has at most one build at a time. */
  follow(build: BuildServiceImage): BuildServiceImage {
    return async (request) => {
      const { service } = request;
      this.#steps.set(service, "");
      try {
        return await build({
          ...request,
          onOutput: (line) => request.onOutput(line),
          onStep: (step) => {
            this.#steps.set(service, step.name);
            request.onStep?.(step);
          },
        });
      } finally {
        this.#steps.delete(service);
      }
    };
  }
}
