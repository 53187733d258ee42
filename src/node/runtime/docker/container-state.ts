// The engine's inspect answer → ContainerState. Pure translation.
import type Docker from "dockerode";
import type { ContainerState } from "../runtime.ts";

type Address = ContainerState["addresses"][number];

/** How this process dials containers: their own address, or ports published on `host`. */
export type Reach = { readonly kind: "direct" } | { readonly kind: "published"; readonly host: string };

/** Reads what an inspect says; addresses are given for the declared ports, as `reach` dials them. */
export function containerState(found: Docker.ContainerInspectInfo, reach: Reach): ContainerState {
  const { State: state, Config: config } = found;
  const ip = containerIp(found);
  const status = statusOf(state.Status);
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    labels: config.Labels ?? {},
    status,
    ...(status === "exited" && { exitCode: state.ExitCode, oomKilled: state.OOMKilled }),
    ...(state.Error && { error: state.Error }),
    ...(isSet(state.StartedAt) && { startedAt: state.StartedAt }),
    ...(isSet(state.FinishedAt) && { finishedAt: state.FinishedAt }),
    ...(state.Pid > 0 && { pid: state.Pid }),
    ...(ip && { ip }),
    addresses: reach.kind === "direct" ? directAddresses(found, ip) : publishedAddresses(found, reach.host),
  };
}

function statusOf(status: string): ContainerState["status"] {
  if (status === "running" || status === "restarting") return "running";
  if (status === "paused" || status === "created") return status;
  return "exited";
}

/** The engine writes year one for "never". */
function isSet(time: string | undefined): boolean {
  return time !== undefined && time !== "" && !time.startsWith("0001-");
}

function containerIp(found: Docker.ContainerInspectInfo): string | undefined {
  const networks = Object.values(found.NetworkSettings.Networks ?? {});
  return networks.map((network) => network.IPAddress).find((address) => address !== "" && address !== undefined);
}

function directAddresses(found: Docker.ContainerInspectInfo, ip: string | undefined): Record<number, Address> {
  if (ip === undefined) return {};
  const ports = Object.keys(found.Config.ExposedPorts ?? {}).map(tcpPort);
  return Object.fromEntries(ports.filter((port) => port > 0).map((port) => [port, { host: ip, port }]));
}

function publishedAddresses(found: Docker.ContainerInspectInfo, host: string): Record<number, Address> {
  const addresses: Record<number, Address> = {};
  for (const [name, bindings] of Object.entries(found.NetworkSettings.Ports ?? {})) {
    const binding = (bindings ?? []).find((one) => !one.HostIp.includes(":")) ?? bindings?.[0];
    if (binding && tcpPort(name) > 0) addresses[tcpPort(name)] = { host, port: Number(binding.HostPort) };
  }
  return addresses;
}

function tcpPort(name: string): number {
  return name.endsWith("/tcp") ? Number.parseInt(name, 10) : 0;
}
