// Makes a gRPC health probe: grpc.health.v1.Health/Check over cleartext HTTP/2.
import { connect } from "node:http2";
import { bytesField } from "../../base/protobuf.ts";
import type { ProbeAttempt, ProbeResult } from "./probe-result.ts";

const SERVING = 1;
const STATUS_FIELD = 0x08;
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** Succeeds if the service responds SERVING. */
export function attemptGrpc({ host, port, timeoutMs }: ProbeAttempt, service: string): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const session = connect(`http://${authority}`);
    const settle = (result: ProbeResult): void => {
      clearTimeout(timer);
      resolve(result);
      session.destroy();
    };
    const fail = (message: string): void => settle({ ok: false, message });
    const timer = setTimeout(() => fail(`timeout: health rpc did not complete within ${timeoutMs}ms`), timeoutMs);
    session.on("error", (error) => fail(error.message));
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let grpcStatus = "";
    const readStatus = (headers: Record<string, unknown>): void => {
      if (headers["grpc-status"] !== undefined) grpcStatus = String(headers["grpc-status"]);
    };
    stream.on("response", readStatus);
    stream.on("trailers", readStatus);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => fail(error.message));
    stream.on("close", () => {
      if (grpcStatus !== "0") return fail(`health rpc failed with grpc status ${grpcStatus || "unknown"}`);
      const status = statusOf(Buffer.concat(chunks));
      if (status === SERVING) settle({ ok: true });
      else fail(`service unhealthy (responded with "${STATUSES[status] ?? status}")`);
    });
    stream.end(frameOf(service));
  });
}

/** HealthCheckRequest { string service = 1 } in a gRPC frame. */
function frameOf(service: string): Buffer {
  const field = service === "" ? Buffer.alloc(0) : bytesField(1, service);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(field.length, 1);
  return Buffer.concat([frame, field]);
}

/** HealthCheckResponse { ServingStatus status = 1 }; an absent status is UNKNOWN. */
function statusOf(frame: Buffer): number {
  return frame[5] === STATUS_FIELD ? (frame[6] ?? 0) : 0;
}
