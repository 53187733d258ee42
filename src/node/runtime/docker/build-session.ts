// Opens a session of BuildKit: a connection over which the engine asks knap for secrets and ssh agents during a build.
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { bytesField, readMessage } from "../../../base/protobuf.ts";
import type { BuildAgent, BuildRequest, BuildSecret } from "../build-request.ts";
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
  { secrets = [], agents = [] }: Pick<BuildRequest, "secrets" | "agents">,
): Promise<BuildSession> {
  const id = randomUUID();
  const methods = sessionMethods(secrets, agents);
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

/** HealthCheckResponse { status: SERVING } */
const SERVING = Buffer.from([0x08, 0x01]);

/** The requests for secrets and agents have the id as field 1. */
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
