// Opens a session of BuildKit: a connection over which the engine asks knap for secrets, ssh agents and credentials.
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { bytesField, readMessage } from "../../../base/protobuf.ts";
import type { BuildAgent, BuildRequest, BuildSecret, RegistryAccess } from "../build-request.ts";
import { dialEngine } from "./dial-engine.ts";
import { type GrpcMethod, GrpcNotFound, serveGrpc, unary } from "./grpc-server.ts";

export interface BuildSession {
  /** The build's parameter `session`. */
  readonly id: string;
  close(): void;
}

const DEFAULT_AGENT = "default";
/** The header of `ForwardAgent` that names the agent. */
const AGENT_HEADER = "buildkit.ssh.id";

/** The engine can ask until `close`. */
export async function openBuildSession(
  docker: Docker,
  { secrets = [], agents = [], registries }: Pick<BuildRequest, "secrets" | "agents" | "registries">,
): Promise<BuildSession> {
  const id = randomUUID();
  const methods = new Map([...sessionMethods(secrets, agents), ...registryMethods(registries)]);
  const socket = await dialEngine<Socket>(docker, {
    path: "/session",
    method: "POST",
    hijack: true,
    headers: {
      Upgrade: "h2c",
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Name": "knap",
      "X-Docker-Expose-Session-Grpc-Method": [...methods.keys()],
    },
  });
  socket.on("error", () => {});
  serveGrpc(socket, methods);
  return { id, close: () => socket.destroy() };
}

/** Without the health method, engines end the session after some seconds. */
function sessionMethods(
  secrets: readonly BuildSecret[],
  agents: readonly BuildAgent[],
): ReadonlyMap<string, GrpcMethod> {
  const agentOf = (id: string): BuildAgent => {
    const found = agents.find((agent) => agent.id === (id || DEFAULT_AGENT));
    if (!found) throw new GrpcNotFound(`the build has no ssh agent "${id || DEFAULT_AGENT}"`);
    return found;
  };
  const secretOf = (id: string): BuildSecret => {
    const found = secrets.find((secret) => secret.id === id);
    if (!found) throw new GrpcNotFound(`the build has no secret "${id}"`);
    return found;
  };
  return new Map<string, GrpcMethod>([
    ["/grpc.health.v1.Health/Check", unary(() => SERVING)],
    ["/moby.buildkit.secrets.v1.Secrets/GetSecret", unary((request) => bytesField(1, secretOf(idIn(request)).content))],
    [
      "/moby.sshforward.v1.SSH/CheckAgent",
      unary((request) => {
        agentOf(idIn(request));
        return Buffer.alloc(0);
      }),
    ],
    [
      "/moby.sshforward.v1.SSH/ForwardAgent",
      (requests, headers) => forwardAgent(agentOf(String(headers[AGENT_HEADER] ?? "")), requests),
    ],
  ]);
}

/** CredentialsRequest { string Host = 1 } → CredentialsResponse { string Username = 1; string Secret = 2 } */
function registryMethods(registries: RegistryAccess | undefined): ReadonlyMap<string, GrpcMethod> {
  const answer = async (request: Buffer): Promise<Buffer> => {
    const { username = "", password = "", identityToken } = (await registries?.credentials(idIn(request))) ?? {};
    // A token has no user name.
    if (identityToken) return bytesField(2, identityToken);
    return Buffer.concat([bytesField(1, username), bytesField(2, password)]);
  };
  return new Map([["/moby.filesync.v1.Auth/Credentials", unary(answer)]]);
}

/** HealthCheckResponse { status: SERVING } */
const SERVING = Buffer.from([0x08, 0x01]);

/** Requests have the id of what they ask for as field 1. */
const idIn = (request: Buffer): string => dataIn(request).toString("utf8");

function dataIn(message: Buffer): Buffer {
  const value = readMessage(message).fields.find(({ number }) => number === 1)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

/** Carries the bytes of both directions in messages with one field. */
async function* forwardAgent({ socket: path }: BuildAgent, requests: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const socket = connect(path);
  const incoming = Readable.from(dataOf(requests));
  incoming.on("error", () => socket.destroy());
  incoming.pipe(socket);
  try {
    for await (const chunk of socket) yield bytesField(1, chunk as Buffer);
  } finally {
    socket.destroy();
  }
}

async function* dataOf(requests: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const request of requests) {
    const data = dataIn(request);
    // An empty chunk would end the pipe.
    if (data.length > 0) yield data;
  }
}
