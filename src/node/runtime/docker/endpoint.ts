// Finds the address of the container engine: from DOCKER_HOST, else the docker context, else the usual sockets. It does
// not connect.
import { sha256Hex } from "../../../base/hash.ts";
import { fieldsOf, isFields, parseJson } from "../../../base/json.ts";

interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
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

/** `readFile` returns undefined for a missing file. */
export interface EngineSearch {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readFile(path: string): string | undefined;
  exists(path: string): boolean;
}

/** The endpoints in the order to try them, or the reason why knap can use none (`refused`). */
export type EngineCandidates =
  | { readonly candidates: readonly EngineEndpoint[] }
  | { readonly refused: string; readonly candidates?: never };

const NO_TLS_FILES: TlsFiles = { ca: undefined, cert: undefined, key: undefined, verify: true };
const NPIPE = "//./pipe/docker_engine";

/** Searches as the docker command line does. Refuses ssh, because published ports would be on the other machine. */
export function findEngines(search: EngineSearch): EngineCandidates {
  const explicit = search.env["DOCKER_HOST"];
  if (explicit) return parseHost(explicit, "DOCKER_HOST", tlsFromEnv(search));
  const context = contextName(search);
  if (context !== undefined && context !== "default") return readContext(search, context);
  return { candidates: usualSockets(search) };
}

function configFolder(search: EngineSearch): string {
  return search.env["DOCKER_CONFIG"] || `${search.home}/.docker`;
}

function contextName(search: EngineSearch): string | undefined {
  const named = search.env["DOCKER_CONTEXT"];
  if (named) return named;
  const config = fieldsOf(parseJson(search.readFile(`${configFolder(search)}/config.json`) ?? ""));
  const current = config["currentContext"];
  return typeof current === "string" && current !== "" ? current : undefined;
}

function readContext(search: EngineSearch, name: string): EngineCandidates {
  const id = sha256Hex(name);
  const folder = `${configFolder(search)}/contexts`;
  const meta = parseJson(search.readFile(`${folder}/meta/${id}/meta.json`) ?? "");
  if (!isFields(meta)) {
    return {
      refused: `docker context "${name}" has no readable ${folder}/meta/${id}/meta.json; run "docker context use default" or set DOCKER_HOST`,
    };
  }
  const docker = (meta["Endpoints"] as { docker?: { Host?: string; SkipTLSVerify?: boolean } } | undefined)?.docker;
  if (!docker?.Host) return { refused: `docker context "${name}" names no Docker endpoint` };
  const tlsFolder = `${folder}/tls/${id}/docker`;
  const ca = search.readFile(`${tlsFolder}/ca.pem`);
  const cert = search.readFile(`${tlsFolder}/cert.pem`);
  const key = search.readFile(`${tlsFolder}/key.pem`);
  const tls = ca || cert ? { ca, cert, key, verify: docker.SkipTLSVerify !== true } : undefined;
  return parseHost(docker.Host, `docker context "${name}"`, tls);
}

function tlsFromEnv(search: EngineSearch): TlsFiles | undefined {
  const verify = search.env["DOCKER_TLS_VERIFY"];
  if (!verify && !search.env["DOCKER_TLS"]) return undefined;
  const folder = search.env["DOCKER_CERT_PATH"] || configFolder(search);
  return {
    ca: search.readFile(`${folder}/ca.pem`),
    cert: search.readFile(`${folder}/cert.pem`),
    key: search.readFile(`${folder}/key.pem`),
    verify: Boolean(verify),
  };
}

function parseHost(text: string, from: string, tls: TlsFiles | undefined): EngineCandidates {
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
      return { candidates: [{ kind: "tcp", host, port, ...(secure && { tls: tls ?? NO_TLS_FILES }), from }] };
    }
    default:
      return { refused: `${from} is ${text}: knap knows unix://, npipe:// and tcp:// engines` };
  }
}

function usualSockets(search: EngineSearch): EngineEndpoint[] {
  const socket = (path: string): EngineEndpoint => ({ kind: "socket", path, from: "the usual places" });
  if (search.platform === "win32") return [socket(NPIPE)];
  const runtime = search.env["XDG_RUNTIME_DIR"];
  const places = [
    "/var/run/docker.sock",
    `${search.home}/.docker/run/docker.sock`,
    ...(runtime ? [`${runtime}/docker.sock`] : []),
    `${search.home}/.orbstack/run/docker.sock`,
    `${search.home}/.colima/default/docker.sock`,
    `${search.home}/.rd/docker.sock`,
    ...(runtime ? [`${runtime}/podman/podman.sock`] : []),
  ];
  const there = places.filter((path) => search.exists(path));
  return (there.length > 0 ? there : places.slice(0, 1)).map(socket);
}
