// Makes the store of one session, which contains Knative's ConfigMaps, and the configuration that the ConfigMaps
// define.
import { makeAdmission } from "../apis/admission.ts";
import { EXAMPLE_CHECKSUM, exampleChecksum } from "../apis/config/example-checksum.ts";
import { configExamples } from "../apis/config/examples.ts";
import { SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { ConfigMap } from "../apis/core/types.ts";
import { keyOf } from "../apis/meta/key.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { ObjectStore } from "../control-plane/store/object-store.ts";
import { LiveConfig, withBuiltInDomain } from "./live-config.ts";

/** The source of random values; a simulation passes a seeded one to be repeatable. */
export interface RandomSource {
  uid(): string;
  /** Five characters for generateName. */
  suffix(): string;
  /** In [0, 1). */
  random(): number;
}

export interface SessionStoreOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Data of the user's ConfigMaps in namespace knative-serving, by name. */
  readonly configMaps: ReadonlyMap<string, StringMap>;
  readonly log: Logger;
}

export interface SessionStore {
  readonly store: ObjectStore;
  readonly config: LiveConfig;
}

/** The user's ConfigMaps are stored without admission: an invalid one is logged and does not prevent the start. */
export function openStore({ clock, random, configMaps, log }: SessionStoreOptions): SessionStore {
  const initial = withBuiltInDomain(configMaps);
  const config = new LiveConfig(initial, log);
  const admission = makeAdmission({ config: config.current });
  let isSeeded = false;
  const store = new ObjectStore({
    clock,
    random,
    admission: (request) => (isSeeded ? admission(request) : { object: request.object, warnings: [] }),
    onError: (error, { kind, namespace, name }) => log.error("watcher threw", { kind, namespace, name, error }),
  });
  seed(store, configMapObjects(initial));
  isSeeded = true;
  store.watch({ kind: "ConfigMap", namespace: SYSTEM_NAMESPACE }, () => config.setData(configMapData(store)));
  return { store, config };
}

/** Creates objects that a session starts with, including their status. Throws when the store refuses an object. */
export function seed(store: ObjectStore, objects: readonly AnyObject[]): void {
  for (const { status, ...object } of objects) {
    const made = store.create(object as AnyObject);
    if ("refused" in made) throw new Error(`the session's own ${object.kind} was refused: ${made.refused.message}`);
    if (status !== undefined) store.writeStatus(keyOf(made.object), status);
  }
}

/** Every ConfigMap that Knative's release has and knap reads exists, with its `_example` and the user's data. */
function configMapObjects(configMaps: ReadonlyMap<string, StringMap>): readonly AnyObject[] {
  const names = new Set([...configExamples.keys(), ...configMaps.keys()]);
  return [...names].map((name) => {
    const given = configMaps.get(name) ?? {};
    const example = given["_example"] === undefined ? configExamples.get(name) : undefined;
    const metadata = { name, namespace: SYSTEM_NAMESPACE };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: given };
    if (example === undefined) return object;
    const annotations = { [EXAMPLE_CHECKSUM]: exampleChecksum(example) };
    return { ...object, metadata: { ...metadata, annotations }, data: { _example: example, ...given } };
  });
}

function configMapData(store: ObjectStore): ReadonlyMap<string, StringMap> {
  const maps: readonly ConfigMap[] = store.list("ConfigMap", { namespace: SYSTEM_NAMESPACE });
  return new Map(maps.map(({ metadata, data = {} }) => [metadata.name, data]));
}
