// Plays one recorded conversation against a server and returns what differs.
import { type Comparison, differences, select, withoutManagedFields } from "./compare.ts";
import type { Conversation, Json, RecordedEvents, RecordedRequest, RecordedResponse, Step } from "./conversation.ts";
import { type Answer, openWatch, type Server, send, type Watch } from "./http-client.ts";
import { Placeholders, shown } from "./placeholders.ts";

/** A warning of Knative's webhook, which the recorded server does not have. */
const WEBHOOK_WARNING = "Kubernetes default value is insecure";
const EVENTS_MS = 6000;
const END_MS = 8000;
/** Annotations that Knative's webhook adds and does not let anyone remove. */
const KEPT_ANNOTATIONS = ["serving.knative.dev/creator", "serving.knative.dev/lastModifier"];

export interface GoldenServer extends Server {
  makeNamespace(name: string): Promise<void>;
  /** Drops the history of versions. */
  compact(): void;
}

/** Plays in a namespace of that name, which must be new. */
export async function play(
  server: GoldenServer,
  recorded: Conversation,
  namespace: string,
): Promise<readonly string[]> {
  await server.makeNamespace(namespace);
  await server.makeNamespace(`${namespace}-b`);
  const how = { placeholders: new Placeholders(namespace), strict: recorded.level === "also" };
  const player = new Player(server, how, recorded.managedFields ?? false);
  try {
    for (const [at, step] of recorded.steps.entries()) {
      const found = await player.step(step);
      if (found.length > 0) return found.map((text) => `step ${at} ${labelOf(step)}: ${text}`);
    }
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    player.close();
  }
}

class Player {
  readonly #server: GoldenServer;
  readonly #how: Comparison;
  readonly #managedFields: boolean;
  readonly #watches = new Map<string, Watch>();

  constructor(server: GoldenServer, how: Comparison, managedFields: boolean) {
    this.#server = server;
    this.#how = how;
    this.#managedFields = managedFields;
  }

  async step(step: Step): Promise<readonly string[]> {
    if ("op" in step) {
      if (step.op === "compact") this.#server.compact();
      return [];
    }
    if ("close" in step) {
      this.#watches.get(step.close)?.close();
      return [];
    }
    if ("events" in step) return this.#events(step.events, step.count, EVENTS_MS, step.response);
    if ("quiet" in step) return this.#events(step.quiet, 1, step.ms, step.response);
    if ("end" in step) return this.#events(step.end, Number.POSITIVE_INFINITY, END_MS, step.response);
    if ("watch" in step) {
      const { answer, watch } = await openWatch(this.#server, this.#how.placeholders.fill(step.request));
      if (watch) this.#watches.set(step.watch, watch);
      return this.#answer(answer, step.response);
    }
    let request = this.#how.placeholders.fill(step.request);
    if (request.method === "PUT" && step.carries !== "old") request = await this.#refreshed(request, step.carries);
    return this.#answer(await send(this.#server, request), step.response, step.select);
  }

  /** Puts the newest version, and the annotations that must not be removed, into a PUT. */
  async #refreshed(request: RecordedRequest, carries: "current" | undefined): Promise<RecordedRequest> {
    const body = request.body as { metadata?: Json } | undefined;
    if (typeof body?.metadata !== "object") return request;
    const path = (request.path.split("?")[0] ?? "").replace(/\/status$/, "");
    const stored = (await send(this.#server, { method: "GET", path })).body as { metadata?: Json };
    const { annotations = {}, resourceVersion } = (stored.metadata ?? {}) as {
      annotations?: Json;
      resourceVersion?: string;
    };
    const kept = Object.entries(annotations).filter(([key]) => KEPT_ANNOTATIONS.includes(key));
    const own = body.metadata["annotations"] as Json | undefined;
    const metadata = {
      ...body.metadata,
      ...(kept.length > 0 && { annotations: { ...Object.fromEntries(kept), ...own } }),
      ...(carries && { resourceVersion }),
    };
    return { ...request, body: { ...body, metadata } };
  }

  async #events(id: string, count: number, ms: number, expected: RecordedEvents): Promise<readonly string[]> {
    const watch = this.#watches.get(id);
    if (!watch) return [`no watch ${id} is open`];
    const events = (await watch.take(count, ms)).map((event) => this.#clean(event));
    const ended = expected.ended && !watch.ended ? ["the server does not end the stream"] : [];
    return [...differences(this.#how, expected.events ?? [], events, "events"), ...ended];
  }

  #answer(answer: Answer, expected: RecordedResponse, selected?: readonly string[]): readonly string[] {
    const { status, contentType } = answer;
    if (status !== expected.status) return [`status ${expected.status}, is ${status} ${shown(answer.body)}`];
    const [wantedType, type] = this.#how.strict
      ? [expected.contentType, contentType]
      : [mediaType(expected.contentType), mediaType(contentType)];
    return [
      ...(wantedType === type ? [] : [`content type ${shown(wantedType)}, is ${shown(type)}`]),
      ...this.#headers(answer, expected.headers ?? {}),
      ...this.#body(answer, expected, selected),
    ];
  }

  #headers(answer: Answer, expected: NonNullable<RecordedResponse["headers"]>): readonly string[] {
    const { warning, ...others } = expected;
    const wanted = (warning as readonly string[] | undefined) ?? [];
    const { headers } = answer;
    const warnings = answer.warnings.filter((text) => !text.includes(WEBHOOK_WARNING));
    const count = wanted.length === warnings.length ? [] : [`warnings ${shown(wanted)}, are ${shown(warnings)}`];
    if (!this.#how.strict) return count;
    return [
      ...differences(this.#how, wanted, warnings, "warning"),
      ...Object.entries(others).flatMap(([name, value]) => differences(this.#how, value, headers[name], name)),
    ];
  }

  #body(answer: Answer, expected: RecordedResponse, selected?: readonly string[]): readonly string[] {
    const body = this.#clean(answer.body);
    if (selected && expected.selected) {
      const parts = Object.fromEntries(selected.map((pointer) => [pointer, select(body, pointer)]));
      return Object.entries(expected.selected).flatMap(([pointer, value]) =>
        differences(this.#how, value, parts[pointer], pointer),
      );
    }
    if ("body" in expected) return differences(this.#how, expected.body, body);
    if ("yaml" in expected) return differences(this.#how, expected.yaml, body);
    return "text" in expected && this.#how.strict ? differences(this.#how, expected.text, body) : [];
  }

  #clean(value: unknown): unknown {
    return this.#managedFields ? value : withoutManagedFields(value);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
  }
}

function mediaType(text: string): string {
  return text.split(";")[0]?.trim() ?? "";
}

function labelOf(step: Step): string {
  if ("request" in step) return `${step.request.method} ${step.request.path}`;
  return (
    Object.entries(step)
      .find(([key]) => key !== "response")
      ?.join(" ") ?? ""
  );
}
