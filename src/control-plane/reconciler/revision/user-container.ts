// The user's containers as they run in a pod: ports, environment, drain hook and probes rewritten. Images are resolved digests.
// Source: pkg/reconciler/revision/resources/deploy.go.

import type { Container, EnvVar, Probe } from "../../../apis/core/pod-spec.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import { QUEUE_ADMIN_PORT } from "../../../apis/networking/ports.ts";
import { SERVICE_LABEL } from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { configurationOf, isServing, userPort } from "./revision-parts.ts";

/** All containers of the Revision, in order. `severalProbed`: the gate multi-container-probing is Enabled. */
export function makeUserContainers(revision: Stored<Revision>, severalProbed: boolean): readonly Container[] {
  return revision.spec.containers.map((container, index) => {
    const made = isServing(container, revision)
      ? makeServingContainer(container, revision, severalProbed)
      : makeContainer(container, revision);
    const digest = revision.status?.containerStatuses?.[index]?.imageDigest;
    return digest ? { ...made, image: digest } : made;
  });
}

function makeServingContainer(container: Container, revision: Stored<Revision>, severalProbed: boolean): Container {
  const port = userPort(revision);
  const { livenessProbe, ...made } = makeContainer(
    {
      ...container,
      ports: [{ name: "user-port", containerPort: port }],
      env: [...(container.env ?? []), { name: "PORT", value: String(port) }],
    },
    revision,
  );
  return livenessProbe ? { ...made, livenessProbe: atUserPort(livenessProbe, port, severalProbed) } : made;
}

function makeContainer(container: Container, revision: Stored<Revision>): Container {
  const { readinessProbe, ...rest } = container;
  return {
    ...rest,
    ...(readinessProbe?.exec ? { readinessProbe } : {}),
    env: [...(container.env ?? []), ...knativeEnv(revision)],
    lifecycle: { preStop: { httpGet: { path: "/wait-for-drain", port: QUEUE_ADMIN_PORT } } },
    terminationMessagePolicy: container.terminationMessagePolicy || "FallbackToLogsOnError",
  };
}

function knativeEnv(revision: Stored<Revision>): readonly EnvVar[] {
  return [
    { name: "K_REVISION", value: revision.metadata.name },
    named("K_CONFIGURATION", configurationOf(revision)),
    named("K_SERVICE", revision.metadata.labels?.[SERVICE_LABEL]),
  ];
}

/** An empty value is left out, as Go's encoder does. */
export function named(name: string, value: string | undefined): EnvVar {
  return value ? { name, value } : { name };
}

function atUserPort(probe: Probe, port: number, onlyIfUnset: boolean): Probe {
  const keep = (given: number | string | undefined) => onlyIfUnset && given !== undefined && given !== 0;
  if (probe.httpGet) return keep(probe.httpGet.port) ? probe : { ...probe, httpGet: { ...probe.httpGet, port } };
  if (probe.tcpSocket)
    return keep(probe.tcpSocket.port) ? probe : { ...probe, tcpSocket: { ...probe.tcpSocket, port } };
  return probe;
}
