// Chooses how objects of a kind are read: from the store, or derived from it.
import type { Kind } from "../../apis/kinds.ts";
import { customResourceDefinitions } from "./custom-resource-definitions.ts";
import { type Derivation, DerivedReader, type ObjectReader } from "./derived-reader.ts";
import { endpointSlices } from "./endpoint-slices.ts";
import { eventsV1 } from "./events-v1.ts";
import { replicaSets } from "./replica-sets.ts";

const derivations: readonly (readonly [Kind, Derivation])[] = [
  ["EndpointSlice.discovery.k8s.io", endpointSlices],
  ["ReplicaSet.apps", replicaSets],
  ["Event.events.k8s.io", eventsV1],
  ["CustomResourceDefinition.apiextensions.k8s.io", customResourceDefinitions],
];

/** Returns the function that gives the reader of a kind. */
export function makeReaders(store: ObjectReader): (kind: Kind) => ObjectReader {
  const readers = new Map(derivations.map(([kind, derivation]) => [kind, new DerivedReader(store, derivation)]));
  return (kind) => readers.get(kind) ?? store;
}
