// Where the container engine listens: DOCKER_HOST, else the docker context, else the usual sockets. Looks at files and environment only; never dials.
import { sha256Hex } from "../../../base/hash.ts";

export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verify: boolean;
}

export type EngineEndpoint =
  | { readonly kind: "socket"; readonly path: string; readonly from: string }
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number;
      readonly tls?: TlsFiles;
      readonly from: string;
    };

/** The machine, as far as the search looks at it. `readFile` gives undefined for what is not there. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readFile(path: string): string | undefined;
  exists(path: string): boolean;
}

/** Candidates in the order to try, or the reason why none can be used. */
export type Discovery =
  | { readonly candidates: readonly EngineEndpoint[] }
  | { readonly refused: string; readonly candidates?: never };

const NPIPE = "//./pipe/docker_engine";

/** Finds the engine's endpoint as the docker command line does; ssh is refused because published ports would be remote. */
export function findEngines(around: Surroundings): Discovery {
  const explicit = around.env["DOCKER_HOST"];
  if (explicit) return parseHost(explicit, "DOCKER_HOST", tlsFromEnv(around));
  const context = contextName(around);
  if (context !== undefined && context !== "default") return readContext(around, context);
  return { candidates: usualSockets(around) };
}

function configFolder(around: Surroundings): string {
  return around.env["DOCKER_CONFIG"] || `${around.home}/.docker`;
}

function contextName(around: Surroundings): string | undefined {
  const named = around.env["DOCKER_CONTEXT"];
  if (named) return named;
  const config = parseJson(around.readFile(`${configFolder(around)}/config.json`));
  const current = config?.["currentContext"];
  return typeof current === "string" && current !== "" ? current : undefined;
}

function readContext(around: Surroundings, name: string): Discovery {
  const id = sha256Hex(name);
  const folder = `${configFolder(around)}/contexts`;
  const meta = parseJson(around.readFile(`${folder}/meta/${id}/meta.json`));
  if (!meta) {
    return {
      refused: `docker context "${name}" has no readable ${folder}/meta/${id}/meta.json; run "docker context use default" or set DOCKER_HOST`,
    };
  }
  const docker = (meta["Endpoints"] as { docker?: { Host?: string; SkipTLSVerify?: boolean } } | undefined)?.docker;
  if (!docker?.Host) return { refused: `docker context "${name}" names no Docker endpoint` };
  const tlsFolder = `${folder}/tls/${id}/docker`;
  const ca = around.readFile(`${tlsFolder}/ca.pem`);
  const cert = around.readFile(`${tlsFolder}/cert.pem`);
  const key = around.readFile(`${tlsFolder}/key.pem`);
  const tls = ca || cert ? tlsFiles({ ca, cert, key, verify: docker.SkipTLSVerify !== true }) : undefined;
  return parseHost(docker.Host, `docker context "${name}"`, tls);
}

function tlsFromEnv(around: Surroundings): TlsFiles | undefined {
  const verify = around.env["DOCKER_TLS_VERIFY"];
  if (!verify && !around.env["DOCKER_TLS"]) return undefined;
  const folder = around.env["DOCKER_CERT_PATH"] || configFolder(around);
  return tlsFiles({
    ca: around.readFile(`${folder}/ca.pem`),
    cert: around.readFile(`${folder}/cert.pem`),
    key: around.readFile(`${folder}/key.pem`),
    verify: Boolean(verify),
  });
}

function tlsFiles(found: {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  verify: boolean;
}): TlsFiles {
  return {
    ...(found.ca !== undefined && { ca: found.ca }),
    ...(found.cert !== undefined && { cert: found.cert }),
    ...(found.key !== undefined && { key: found.key }),
    verify: found.verify,
  };
}

function parseHost(text: string, from: string, tls: TlsFiles | undefined): Discovery {
  const scheme = /^([a-z]+):\/\//.exec(text)?.[1] ?? "tcp";
  const rest = text.replace(/^[a-z]+:\/\//, "");
  switch (scheme) {
    case "unix":
    case "npipe":
      return {
        candidates: [{ kind: "socket", path: rest || (scheme === "npipe" ? NPIPE : "/var/run/docker.sock"), from }],
      };
    case "ssh":
      return {
        refused: `${from} is ${text}: an engine behind ssh publishes its ports on the other machine, where knap cannot reach them; use a local engine, or --runtime process`,
      };
    case "tcp":
    case "http":
    case "https": {
      const match = /^(\[[^\]]+\]|[^:/]*)(?::(\d+))?/.exec(rest);
      const host = (match?.[1] || "localhost").replace(/^\[|\]$/g, "");
      const secure = tls !== undefined || scheme === "https";
      const port = Number(match?.[2] ?? (secure ? 2376 : 2375));
      return { candidates: [{ kind: "tcp", host, port, ...(secure && { tls: tls ?? { verify: true } }), from }] };
    }
    default:
      return { refused: `${from} is ${text}: knap knows unix://, npipe:// and tcp:// engines` };
  }
}

function usualSockets(around: Surroundings): EngineEndpoint[] {
  const socket = (path: string): EngineEndpoint => ({ kind: "socket", path, from: "the usual places" });
  if (around.platform === "win32") return [socket(NPIPE)];
  const runtime = around.env["XDG_RUNTIME_DIR"];
  const places = [
    "/var/run/docker.sock",
    `${around.home}/.docker/run/docker.sock`,
    ...(runtime ? [`${runtime}/docker.sock`] : []),
    `${around.home}/.orbstack/run/docker.sock`,
    `${around.home}/.colima/default/docker.sock`,
    `${around.home}/.rd/docker.sock`,
    ...(runtime ? [`${runtime}/podman/podman.sock`] : []),
  ];
  const there = places.filter((path) => around.exists(path));
  return (there.length > 0 ? there : places.slice(0, 1)).map(socket);
}

function parseJson(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
