// Translates the engine's inspect response to a RuntimeContainer. Pure.
import type Docker from "dockerode";
import type { RuntimeContainer } from "../runtime.ts";

type ContainerAddress = RuntimeContainer["addresses"][number];

/** How knap reaches containers: `direct` at their own address, `published` at ports of `host`. */
export type Reach = { readonly kind: "direct" } | { readonly kind: "published"; readonly host: string };

/** Converts the engine's answer. `addresses` of the result has only the declared ports. */
export function containerState(found: Docker.ContainerInspectInfo, reach: Reach): RuntimeContainer {
  const { State: state, Config: config } = found;
  const ip = containerIp(found);
  const status = statusOf(state.Status);
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    labels: config.Labels ?? {},
    status,
    ...(status === "exited" && { exitCode: state.ExitCode, oomKilled: state.OOMKilled }),
    error: state.Error || undefined,
    startedAt: timeOf(state.StartedAt),
    finishedAt: timeOf(state.FinishedAt),
    pid: state.Pid > 0 ? state.Pid : undefined,
    ip: ip || undefined,
    addresses: reach.kind === "direct" ? directAddresses(found, ip) : publishedAddresses(found, reach.host),
  };
}

function statusOf(status: string): RuntimeContainer["status"] {
  if (status === "running" || status === "restarting") return "running";
  if (status === "paused" || status === "created") return status;
  return "exited";
}

/** Returns undefined for a time in year 1, which the engine writes for an event that has not happened. */
function timeOf(time: string | undefined): string | undefined {
  return time === undefined || time.startsWith("0001-") ? undefined : time || undefined;
}

function containerIp(found: Docker.ContainerInspectInfo): string | undefined {
  const networks = Object.values(found.NetworkSettings.Networks ?? {});
  return networks.map((network) => network.IPAddress).find((address) => address !== "" && address !== undefined);
}

function directAddresses(found: Docker.ContainerInspectInfo, ip: string | undefined): Record<number, ContainerAddress> {
  if (ip === undefined) return {};
  const ports = Object.keys(found.Config.ExposedPorts ?? {}).map(tcpPort);
  return Object.fromEntries(ports.filter((port) => port > 0).map((port) => [port, { host: ip, port }]));
}

function publishedAddresses(found: Docker.ContainerInspectInfo, host: string): Record<number, ContainerAddress> {
  const addresses: Record<number, ContainerAddress> = {};
  for (const [name, bindings] of Object.entries(found.NetworkSettings.Ports ?? {})) {
    const binding = (bindings ?? []).find((bound) => !bound.HostIp.includes(":")) ?? bindings?.[0];
    if (binding && tcpPort(name) > 0) addresses[tcpPort(name)] = { host, port: Number(binding.HostPort) };
  }
  return addresses;
}

function tcpPort(name: string): number {
  return name.endsWith("/tcp") ? Number.parseInt(name, 10) : 0;
}
