// What a Revision says about its containers and ports: the questions that several of its builders ask.
// Source: pkg/apis/serving/v1/revision_helpers.go.

import { hasPorts, servingContainer } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Revision } from "../../../apis/serving/types.ts";

const DEFAULT_USER_PORT = 8080;

/** True when this container of the Revision is (or would be taken as) the serving one. */
export function isServing(container: Container, revision: Revision): boolean {
  return revision.spec.containers.length === 1 || hasPorts(container);
}

/** The port that the user's container listens on; 8080 when it names none. */
export function userPort(revision: Revision): number {
  return servingContainer(revision.spec.containers)?.ports?.[0]?.containerPort || DEFAULT_USER_PORT;
}

/** `h2c` when the serving port is named so, else `http1`. */
export function protocolOf(revision: Revision): "http1" | "h2c" {
  return servingContainer(revision.spec.containers)?.ports?.[0]?.name === "h2c" ? "h2c" : "http1";
}

/** The Configuration that stamped this Revision, by its controller reference; "" for a Revision of its own. */
export function configurationOf(revision: Revision): string {
  const owner = revision.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return owner?.kind === "Configuration" ? owner.name : "";
}
