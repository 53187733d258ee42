// Translates a ContainerSpec to the body of the engine's create request. Pure.
import type Docker from "dockerode";
import type { ContainerSpec, MountSpec } from "../runtime.ts";

export interface Publishing {
  /** The host address to which the engine binds published ports. */
  readonly hostIp: string;
}

/** Limits the disk space of the engine's logs; knap shows only their end. */
const LOG_CONFIG = { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } };

/** Without `publishing`, no port is published. A container that shares a network namespace has no network settings. */
export function containerOptions(
  spec: ContainerSpec,
  publishing: Publishing | undefined,
): Docker.ContainerCreateOptions {
  const shared = spec.networkOf !== undefined;
  return {
    Image: spec.image,
    Entrypoint: spec.command && [...spec.command],
    Cmd: spec.args && [...spec.args],
    WorkingDir: spec.workingDir,
    User: spec.user,
    Hostname: shared ? undefined : spec.hostname,
    Env: spec.env.map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels },
    Tty: spec.terminal ?? false,
    OpenStdin: spec.stdin !== undefined,
    StdinOnce: spec.stdin === "once",
    AttachStdin: false,
    // Kubernetes ignores the HEALTHCHECK of an image.
    Healthcheck: { Test: ["NONE"] },
    ExposedPorts: shared ? undefined : forPorts(spec, {}),
    HostConfig: {
      RestartPolicy: { Name: "no" },
      LogConfig: LOG_CONFIG,
      ...networking(spec, publishing),
      NanoCpus: spec.cpuNanos,
      CpuShares: spec.cpuShares,
      Memory: spec.memoryBytes,
      // Equal to the memory limit, so that swap does not extend it.
      MemorySwap: spec.memoryBytes,
      ReadonlyRootfs: spec.readOnlyRootFilesystem,
      CapAdd: spec.capabilities?.add,
      CapDrop: spec.capabilities?.drop,
      SecurityOpt: spec.securityOptions && [...spec.securityOptions],
      GroupAdd: spec.groups && [...spec.groups],
      Mounts: spec.mounts?.map(mount),
    },
    NetworkingConfig:
      spec.network && !shared ? { EndpointsConfig: { [spec.network.id]: endpoint(spec.network) } } : undefined,
  };
}

function endpoint({ aliases = [], address }: NonNullable<ContainerSpec["network"]>): Docker.EndpointSettings {
  return { Aliases: [...aliases], IPAMConfig: address === undefined ? undefined : { IPv4Address: address } };
}

/** Gives each port of the spec the same value, in the engine's notation. */
function forPorts<T>({ ports }: ContainerSpec, value: T): Record<string, T> {
  return Object.fromEntries(ports.map((port) => [`${port}/tcp`, value]));
}

function networking(spec: ContainerSpec, publishing: Publishing | undefined): Docker.HostConfig {
  if (spec.networkOf !== undefined) return { NetworkMode: `container:${spec.networkOf}` };
  return {
    NetworkMode: spec.network?.id,
    PortBindings: publishing && forPorts(spec, [{ HostIp: publishing.hostIp, HostPort: "0" }]),
    Dns: spec.dns && [...spec.dns.servers],
    DnsSearch: spec.dns && [...spec.dns.searches],
    DnsOptions: spec.dns && [...spec.dns.options],
    ExtraHosts: spec.extraHosts && [...spec.extraHosts],
  };
}

function mount(spec: MountSpec): Docker.MountSettings {
  const { kind: Type, source: Source, target: Target, readOnly: ReadOnly } = spec;
  const settings: Docker.MountSettings = { Type, Source, Target, ReadOnly };
  if (Type === "tmpfs") return { ...settings, TmpfsOptions: { SizeBytes: spec.sizeBytes ?? 0, Mode: 0o1777 } };
  if (Type === "bind") return settings;
  return { ...settings, VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: "", Options: {} } } };
}
