// Decides which Kubernetes Event a pod event is recorded as, with Kubernetes' reasons and texts. Pure.
import type { EventNote } from "../../../control-plane/controller/reconciler.ts";
import type { PodEvent } from "./pod-events.ts";
import type { PodFacts } from "./pod-facts.ts";

const SANDBOX_CHANGED = "Pod sandbox changed, it will be killed and re-created.";

/** Returns undefined if the event is not recorded. */
export function noticeOf(event: PodEvent, facts: PodFacts): EventNote | undefined {
  const warning = (reason: string, message: string): EventNote => ({ type: "Warning", reason, message });
  switch (event.type) {
    case "imageProgress":
      return { type: "Normal", reason: event.reason, message: event.message };
    case "imageFailed": {
      const image = facts.containers.find(({ name }) => name === event.container)?.spec.image ?? "";
      return warning("Failed", `Failed to pull image "${image}": ${event.message}`);
    }
    case "blocked":
      return event.reason === "ContainerCreating"
        ? warning("FailedMount", event.message)
        : warning("Failed", `Error: ${event.message}`);
    case "running": {
      const run = facts.containers.find(({ name }) => name === event.container)?.run;
      const reason = run?.state === "starting" ? run.restart : undefined;
      const message = `Restarted container ${event.container}: ${reason}`;
      return reason === undefined ? undefined : { type: "Normal", reason: "Restarted", message };
    }
    case "exited":
      return event.exit.reason === "StartError" ? warning("Failed", `Error: ${event.exit.message}`) : undefined;
    case "probeFailedOnce":
      return warning("Unhealthy", `${event.kind} probe failed: ${event.message}`);
    case "probeFailed": {
      const message = `Container ${event.container} failed ${event.kind.toLowerCase()} probe, will be restarted`;
      return { type: "Normal", reason: "Killing", message };
    }
    case "portFinding":
      return warning(event.reason ?? "Unhealthy", event.message);
    case "networkLost":
    case "sandboxLost":
      return { type: "Normal", reason: "SandboxChanged", message: SANDBOX_CHANGED };
    case "sandboxFailed":
      return warning("FailedCreatePodSandBox", `Failed to create pod sandbox: ${event.message}`);
    default:
      return undefined;
  }
}
