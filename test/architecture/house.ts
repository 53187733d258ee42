// Defines the rooms of src/ and their floors, the pure rooms, and the rooms that may import a library. A room imports
// only from lower floors. rules.ts makes the dependency rules from this table.

/** Room → floor. A room is the longest matching folder under src/. */
export const floors: Readonly<Record<string, number>> = {
  base: 0,
  apis: 1,
  "control-plane/store": 2,
  "control-plane/field-manager": 2,
  manifest: 2,
  load: 1,
  client: 2,
  "data-plane/http": 2,
  "data-plane/stats": 2,
  "data-plane/probe": 2,
  "node/runtime": 2,
  "data-plane/http-server": 3,
  "data-plane/http-client": 3,
  "control-plane/controller": 3,
  "control-plane/autoscaler": 3,
  "data-plane/queue-proxy": 3,
  project: 3,
  streaming: 3,
  "node/image": 3,
  "control-plane/reconciler": 4,
  "data-plane/activator": 4,
  "control-plane/prober": 4,
  "node/network": 4,
  "data-plane/ingress": 5,
  "node/kubelet": 5,
  "api-server": 5,
  gateway: 6,
  "node/agent": 6,
  "knap-api": 6,
  emulator: 7,
  dev: 8,
  doctor: 8,
  simulator: 8,
  tui: 9,
  testing: 9,
  cli: 10,
};

/** Pure rooms and files import only base, apis and each other. */
export const pureRooms: readonly string[] = [
  "apis",
  "manifest",
  "control-plane/store",
  "control-plane/field-manager",
  "control-plane/controller",
  "control-plane/reconciler",
  "control-plane/autoscaler",
];
/** Files of pure rooms that may set timers. */
export const impureFiles: readonly string[] = ["control-plane/autoscaler/tick.ts"];
export const pureFileEndings: readonly string[] = ["-plan.ts", "-spec.ts", "-table.ts"];

/** Library → rooms that may import it. */
export const libraryHomes: Readonly<Record<string, readonly string[]>> = {
  dockerode: ["node/runtime/docker"],
  "dns-packet": ["node/network"],
  "http-proxy": ["data-plane/http-client"],
  yaml: ["base", "manifest", "project"],
  chokidar: ["dev"],
  ink: ["tui"],
  react: ["tui"],
  commander: ["cli"],
  zod: ["project"],
  "dockerfile-ast": ["project"],
};

/** Libraries without I/O, which pure rooms may import. */
export const pureLibraries: readonly string[] = ["yaml"];

/** Room → the only files that other rooms of src may import. Rooms that are not listed have no such limit. */
export const roomEntries: Readonly<Record<string, readonly string[]>> = {
  "data-plane/http-server": ["open-listener.ts"],
  "data-plane/http-client": ["node-forwarder.ts", "http-proxy-forwarder.ts"],
};
