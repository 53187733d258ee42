// Starts nginx for the benchmark on loopback: the static upstream, and a reverse proxy with one worker.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../support/free-port.ts";

export interface Running {
  readonly port: number;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** A body of 43 bytes. */
const BODY = "hello from the upstream behind the proxies\n";

/** Replies to every request with the same small body. */
export function startUpstream(): Promise<Running> {
  return startNginx(
    (port) => `server {
      listen 127.0.0.1:${port};
      location / { default_type text/plain; return 200 "${BODY.trimEnd()}\\n"; }
    }`,
  );
}

/** Forwards over kept connections, without buffering to disk or logging. */
export function startNginxProxy(upstreamPort: number): Promise<Running> {
  return startNginx(
    (port) => `upstream app { server 127.0.0.1:${upstreamPort}; keepalive 64; }
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://app;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      }
    }`,
  );
}

async function startNginx(server: (port: number) => string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "knap-bench-nginx-"));
  const port = await freePort();
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log crit;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      ${server(port)}
    }`,
  );
  const child = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
    stdio: "ignore",
  });
  await untilListening(port);
  return {
    port,
    pid: child.pid,
    stop: async () => {
      await ended(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Stops a child and waits for its exit. */
export function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

export async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`nothing listens on ${port}`);
}
