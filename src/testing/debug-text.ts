// Describes the state of a session for people who look for the cause of a failed test.
import { SERVICE_LABEL } from "../apis/serving/labels.ts";
import { errorText } from "../base/errors.ts";
import type { RunningHarness } from "./running-harness.ts";
import type { ServiceUnderTest } from "./service.ts";

const LAST_EVENTS = 10;
const LAST_LINES = 20;

/** Resolves with conditions, pods, scale, last events and output of each Service, and the session's last lines. */
export async function debugText(
  { client, process, namespace, session }: RunningHarness,
  serviceOf: (name: string, namespace: string) => ServiceUnderTest,
): Promise<string> {
  const { items } = await client.list("Service.serving.knative.dev");
  const pods = (await client.list("Pod")).items;
  const parts = items.map(async ({ metadata, status }) => {
    const { name, namespace: own = namespace } = metadata;
    const service = serviceOf(name, own);
    const conditions = (status?.conditions ?? []).map(({ type, status: value, reason = "", message = "" }) =>
      `${type}=${value} ${reason} ${message}`.trimEnd(),
    );
    const podLines = pods
      .filter((pod) => pod.metadata.namespace === own && pod.metadata.labels?.[SERVICE_LABEL] === name)
      .map((pod) => `${pod.metadata.name}: ${pod.status?.phase ?? "Unknown"}`);
    const events = (await service.events()).slice(-LAST_EVENTS);
    const exit = await service.lastExit();
    return [
      `Service ${own}/${name} ${status?.url ?? "(no URL)"}`,
      ...section("conditions", conditions),
      ...section("scale", (await service.explain()).split("\n")),
      ...section("pods", podLines),
      ...section(
        "last exit",
        exit ? [`${exit.pod}/${exit.container}: ${exit.exitCode} ${exit.reason} ${exit.message}`] : [],
      ),
      ...section(
        "events",
        events.map(({ time, object, reason, message }) => `${time} ${object} ${reason}: ${message}`),
      ),
      ...section("output", await service.logs({ tail: LAST_LINES }).catch((error: unknown) => [errorText(error)])),
    ].join("\n");
  });
  return [`session ${session}`, ...(await Promise.all(parts)), ...section("session", process.lines)].join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
}
