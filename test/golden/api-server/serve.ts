// Serves a session's store without controllers, as the recorded server has none: the API server on a real socket, with
// Knative's admission.
import { randomUUID } from "node:crypto";
import { ApiServer } from "../../../src/api-server/api-server.ts";
import { unknownFields } from "../../../src/apis/schema/schemas.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { monotonicClock } from "../../../src/base/monotonic-clock.ts";
import { openStore } from "../../../src/emulator/session-store.ts";
import type { GoldenServer } from "./play.ts";

/** More writes than the store's history holds. */
const WRITES_TO_COMPACT = 10_001;

export async function serve(): Promise<GoldenServer & AsyncDisposable> {
  const { store } = openStore({
    clock: monotonicClock,
    random: { uid: randomUUID, suffix: () => randomUUID().slice(0, 5), random: Math.random },
    configMaps: new Map(),
    log: silentLogger,
  });
  const token = "golden";
  const server = new ApiServer({
    store,
    clock: monotonicClock,
    token,
    unknownFields,
    user: "admin",
    log: silentLogger,
  });
  const address = await server.listen();
  return {
    address,
    token,
    makeNamespace: async (name) => {
      store.create({ apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: { finalizers: ["kubernetes"] } });
    },
    compact: () => {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "filler", namespace: "default" } };
      store.create(object);
      for (let write = 0; write < WRITES_TO_COMPACT; write += 1)
        store.update({ ...object, data: { write: `${write}` } });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
