// The environment that CMD of `ci` gets: where the Services, the ingress and the API are.
import type { ProjectService } from "../../project/project.ts";
import type { RunningSession } from "../session/start-session.ts";

/** `hello-world` → `HELLO_WORLD` */
function variableName(service: string): string {
  return service.toUpperCase().replace(/[^A-Z0-9]/g, "_");
}

export async function ciEnvironment(
  { emulator, folder }: RunningSession,
  services: readonly ProjectService[],
): Promise<Readonly<Record<string, string>>> {
  const env: Record<string, string> = {
    KNAP_INGRESS: `http://${emulator.ingress.host}:${emulator.ingress.port}`,
    KNAP_API: emulator.api.address,
    KNAP_API_TOKEN: emulator.api.token,
    KNAP_SESSION: folder.id,
    KUBECONFIG: folder.kubeconfig,
  };
  for (const { object } of services) {
    const { namespace = "default", name } = object.metadata;
    const address = emulator.serviceAddress(namespace, name);
    if (address === undefined) continue;
    const url = `http://${address.host}:${address.port}`;
    const live = await emulator.client.get({ kind: "Service.serving.knative.dev", namespace, name });
    env[`KNAP_URL_${variableName(name)}`] = url;
    if (live?.status?.url !== undefined) env[`KNAP_HOST_${variableName(name)}`] = new URL(live.status.url).host;
    if (services.length === 1) env["KNAP_URL"] = url;
  }
  return env;
}
