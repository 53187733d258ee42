// Shows the terminal UI on the terminal's alternate screen until the signal aborts, then restores the screen.
import { spawn } from "node:child_process";
import { render } from "ink";
import { namespacedName } from "../apis/meta/key.ts";
import { monotonicClock } from "../base/monotonic-clock.ts";
import { WallClock } from "../base/wall-clock.ts";
import type { Client } from "../client/client.ts";
import { gatewayPortsOf, urlWithPort } from "../client/reach.ts";
import { App, type SessionActions } from "./app.tsx";
import { type AppStore, makeAppStore } from "./app-state.ts";
import { feed } from "./feed.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { Action } from "./keys.ts";
import type { Title } from "./layout.ts";
import { revisionOfRow, rowsOf, serviceOfRow } from "./rows.ts";
import { selectedRow } from "./screen.ts";
import { fetchExplanation, pauseWatch, rebuild, type ScaleRequests, scaleTo } from "./session-actions.ts";

export interface TuiOptions {
  readonly client: Client;
  readonly title: Title;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  /** The user pressed q or Ctrl-C; the caller ends the session and aborts the signal. */
  onQuit(): void;
  /** Called once, when messages and notices can be shown. */
  onOpen?(screen: Pick<AppStore, "showMessage" | "addNotice">): void;
}

/**
 * Switches to the alternate screen, clears it, hides the cursor and turns line wrap off. A frame that is wider than the
 * terminal, as after a resize, is cut and does not cover the next line.
 */
const ENTER = "\u001b[?1049h\u001b[2J\u001b[H\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";

/** Opens the URL in the user's browser and returns the URL. Errors are ignored: the returned URL is shown anyway. */
function openUrl(url: string): string {
  const opener = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  const child = spawn(opener, [url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
  return url;
}

function makeActions({ client, title, onQuit }: TuiOptions): SessionActions {
  const chosen = (store: AppStore) => {
    const { model, screen } = store.get();
    const rows = rowsOf(model, screen.open);
    const row = selectedRow(rows, screen.selected);
    const service = serviceOfRow(rows, row?.key);
    if (row === undefined || service === undefined) throw new Error("there is no Service yet");
    return {
      revision: revisionOfRow(model, row),
      service,
      services: rows.filter((each) => each.kind === "service"),
      live: model.services.get(namespacedName(service)),
      ports: gatewayPortsOf(title.ingress, model.live?.https),
    };
  };
  const explain = async (store: AppStore): Promise<string> => {
    const { revision, service } = chosen(store);
    if (revision === undefined) return `${service.name} has no revision yet`;
    store.applyStep({ type: "show", view: "explain" });
    store.explain(await fetchExplanation(client, service, revision));
    return "";
  };
  const scales: ScaleRequests = new Map();
  const scale = async (pods: number, store: AppStore): Promise<string> => {
    const { revision, service } = chosen(store);
    return revision === undefined
      ? `${service.name} has no revision yet`
      : scaleTo(client, store, scales, { revision, pods });
  };
  return {
    quit: onQuit,
    scale,
    async run(action: Action, store) {
      const { service, services, live, ports } = chosen(store);
      if (action === "explain") return explain(store);
      if (action === "rebuild") return rebuild(client, service, Date.now());
      if (action === "zero") return scale(0, store);
      if (action === "open-url") return openUrl(urlWithPort(live?.status?.url ?? "", ports));
      if (action !== "pause-watch") return "";
      store.applyStep({ type: "pause-watch" });
      return pauseWatch(client, services, store.get().screen.watchPaused);
    },
  };
}

/** Resolves when the signal has aborted and the screen is restored. */
export async function showTui(options: TuiOptions): Promise<void> {
  const { client, title, stdin, stdout, signal } = options;
  if (signal.aborted) return;
  const store = makeAppStore(new WallClock({ wall: Date.now, monotonic: monotonicClock }));
  stdout.write(ENTER);
  const frames = new FrameWriter(stdout);
  const ink = render(<App store={store} title={title} actions={makeActions(options)} />, {
    stdin,
    stdout: frames as unknown as NodeJS.WriteStream,
    exitOnCtrlC: false,
    patchConsole: false,
    // In debug mode ink writes a whole frame on each render. The store limits the frame rate.
    debug: true,
  });
  options.onOpen?.(store);
  try {
    await feed({ client, store, signal });
  } finally {
    ink.unmount();
    await ink.waitUntilExit();
    frames.destroy();
    stdout.write(LEAVE);
  }
}
