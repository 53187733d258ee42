// ContainerSpec → the body of the engine's create request. Pure translation.
import type Docker from "dockerode";
import type { ContainerSpec, MountSpec } from "../runtime.ts";

export interface Publishing {
  /** The host address to which published ports are bound. */
  readonly hostIp: string;
}

/** Limits the disk space of the engine's logs; knap shows only their end. */
const LOG_CONFIG = { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } };

/**
 * Renders the body of the create call. `publishing` undefined: no ports are published. A container that shares a
 * network namespace has no network settings.
 */
export function containerOptions(
  spec: ContainerSpec,
  publishing: Publishing | undefined,
): Docker.ContainerCreateOptions {
  const shared = spec.networkOf !== undefined;
  return {
    Image: spec.image,
    ...(spec.command && { Entrypoint: [...spec.command] }),
    ...(spec.args && { Cmd: [...spec.args] }),
    ...(spec.workingDir && { WorkingDir: spec.workingDir }),
    ...(spec.user && { User: spec.user }),
    ...(spec.hostname && !shared && { Hostname: spec.hostname }),
    Env: spec.env.map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels },
    Tty: false,
    OpenStdin: false,
    AttachStdin: false,
    // Kubernetes ignores the HEALTHCHECK of an image.
    Healthcheck: { Test: ["NONE"] },
    ...(!shared && { ExposedPorts: Object.fromEntries(spec.ports.map((port) => [`${port}/tcp`, {}])) }),
    HostConfig: {
      RestartPolicy: { Name: "no" },
      LogConfig: LOG_CONFIG,
      ...networking(spec, publishing),
      ...limits(spec),
      ...security(spec),
      ...(spec.mounts && { Mounts: spec.mounts.map(mount) }),
    },
    ...(spec.network &&
      !shared && { NetworkingConfig: { EndpointsConfig: { [spec.network.id]: endpoint(spec.network) } } }),
  };
}

function endpoint({ aliases = [], address }: NonNullable<ContainerSpec["network"]>): Docker.EndpointSettings {
  return { Aliases: [...aliases], ...(address !== undefined && { IPAMConfig: { IPv4Address: address } }) };
}

function networking(spec: ContainerSpec, publishing: Publishing | undefined): Docker.HostConfig {
  if (spec.networkOf !== undefined) return { NetworkMode: `container:${spec.networkOf}` };
  return {
    ...(spec.network && { NetworkMode: spec.network.id }),
    // Newer engines no longer add bindings by default.
    ...(publishing && {
      PortBindings: Object.fromEntries(
        spec.ports.map((port) => [`${port}/tcp`, [{ HostIp: publishing.hostIp, HostPort: "0" }]]),
      ),
    }),
    ...(spec.dns && {
      Dns: [...spec.dns.servers],
      DnsSearch: [...spec.dns.searches],
      DnsOptions: [...spec.dns.options],
    }),
    ...(spec.extraHosts && { ExtraHosts: [...spec.extraHosts] }),
  };
}

function limits(spec: ContainerSpec): Docker.HostConfig {
  return {
    ...(spec.cpuNanos !== undefined && { NanoCpus: spec.cpuNanos }),
    ...(spec.cpuShares !== undefined && { CpuShares: spec.cpuShares }),
    // Equal values, so that swap does not extend the limit.
    ...(spec.memoryBytes !== undefined && { Memory: spec.memoryBytes, MemorySwap: spec.memoryBytes }),
  };
}

function security(spec: ContainerSpec): Docker.HostConfig {
  return {
    ...(spec.readOnlyRootFilesystem && { ReadonlyRootfs: true }),
    ...(spec.capabilities && { CapAdd: [...spec.capabilities.add], CapDrop: [...spec.capabilities.drop] }),
    ...(spec.securityOptions && { SecurityOpt: [...spec.securityOptions] }),
    ...(spec.groups && { GroupAdd: [...spec.groups] }),
  };
}

function mount(spec: MountSpec): Docker.MountSettings {
  if (spec.kind === "tmpfs") {
    return {
      Type: "tmpfs",
      Source: "",
      Target: spec.target,
      ReadOnly: spec.readOnly,
      TmpfsOptions: { SizeBytes: spec.sizeBytes ?? 0, Mode: 0o1777 },
    };
  }
  const settings: Docker.MountSettings = {
    Type: spec.kind,
    Source: spec.source,
    Target: spec.target,
    ReadOnly: spec.readOnly,
  };
  if (spec.kind === "bind") return settings;
  return { ...settings, VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: "", Options: {} } } };
}
