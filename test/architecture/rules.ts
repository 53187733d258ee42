// Makes dependency-cruiser rules from the table of rooms, and checks a folder by them.
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { floors, impureFiles, libraryHomes, pureFileEndings, pureLibraries, pureRooms, roomEntries } from "./house.ts";

const literal = (text: string): string => text.replaceAll(/[.\-/]/g, "\\$&");
const inRoom = (root: string, room: string): string => `^${literal(root)}/${literal(room)}/`;

/** Returns all rules for the source tree `root` (relative to the working folder). */
function makeRules(root: string): object[] {
  const rooms = Object.entries(floors);
  const top = Math.max(...Object.values(floors));
  const rules: object[] = rooms
    .filter(([, floor]) => floor < top)
    .map(([room, floor]) => ({
      name: `floor-${floor}-${room}`,
      severity: "error",
      comment: "A room imports only from lower floors (type imports count).",
      from: { path: inRoom(root, room) },
      to: {
        path: rooms
          .filter(([other, otherFloor]) => otherFloor >= floor && other !== room)
          .map(([other]) => inRoom(root, other)),
      },
    }));
  rules.push({
    name: "data-plane-imports-no-control-plane-or-node",
    severity: "error",
    from: { path: inRoom(root, "data-plane") },
    to: { path: [inRoom(root, "control-plane"), inRoom(root, "node")] },
  });
  const pure = pureRooms.map((room) => inRoom(root, room));
  const pureEndings = pureFileEndings.map((ending) => `^${literal(root)}/.*${literal(ending)}$`);
  const impure = impureFiles.map((file) => `^${literal(root)}/${literal(file)}$`);
  const pureTargets = [
    inRoom(root, "base"),
    ...pure,
    ...pureEndings,
    ...pureLibraries.map((library) => `node_modules/${library}/`),
  ];
  rules.push(
    {
      name: "pure-rooms",
      severity: "error",
      comment: "Pure rooms import only base, apis and each other.",
      from: { path: pure, pathNot: impure },
      to: { pathNot: pureTargets },
    },
    {
      name: "pure-files",
      severity: "error",
      comment: "Plans, specs and tables in other rooms do no I/O. They may import types from any lower room.",
      from: { path: pureEndings, pathNot: pure },
      to: { pathNot: pureTargets, dependencyTypesNot: ["type-only"] },
    },
  );
  for (const [room, entries] of Object.entries(roomEntries)) {
    rules.push({
      name: `only-entries-of-${room}`,
      severity: "error",
      comment: "Other rooms import only the entry files of this room.",
      from: { path: `^${literal(root)}/`, pathNot: inRoom(root, room) },
      to: { path: inRoom(root, room), pathNot: entries.map((file) => `${inRoom(root, room)}${literal(file)}$`) },
    });
  }
  for (const [library, homes] of Object.entries(libraryHomes)) {
    rules.push({
      name: `only-home-of-${library}`,
      severity: "error",
      from: { path: `^${literal(root)}/`, pathNot: homes.map((home) => inRoom(root, home)) },
      to: {
        path: `node_modules/(@types/)?(${literal(library)}|${library === "http-proxy" ? "http-proxy-3" : literal(library)})/`,
      },
    });
  }
  rules.push(
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "src-never-imports-test",
      severity: "error",
      from: { path: `^${literal(root)}/` },
      to: { path: "^test/(?!architecture/planted)" },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  );
  return rules;
}

export interface WallCheck {
  readonly modules: number;
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
}

/** Checks `root` and returns all violations, with the number of modules checked. */
export async function checkWalls(root: string): Promise<WallCheck> {
  const { output } = await cruise([root], {
    ruleSet: { forbidden: makeRules(root) as never },
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".js", ".mjs"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  });
  const result = output as ICruiseResult;
  return {
    modules: result.modules.filter((module) => module.source.startsWith(`${root}/`)).length,
    violations: result.summary.violations.map((violation) => ({
      rule: violation.rule.name,
      from: violation.from,
      to: violation.to,
    })),
  };
}
