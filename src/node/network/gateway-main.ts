// Main program of the gateway container: listens for DNS, on port 80 and on the public port, and relays everything to
// knap.
import { createServer } from "node:net";
import { sleep } from "../../base/sleep.ts";
import { openDnsServer } from "./dns-server.ts";
import { DNS_PORT, HTTP_PORT } from "./gateway.ts";
import { askKnap, findKnap, isKnapAt, openRelay, relay } from "./relay-client.ts";
import { type GatewaySettings, type RelayTarget, readSettingsEnv } from "./relay-protocol.ts";

const ALL_ADDRESSES = "0.0.0.0";
const SEARCH_EVERY_MS = 250;
const TRIES = 3;

async function main(): Promise<void> {
  const settings = readSettingsEnv(process.env);
  if (settings.task === "serve") await serve(settings);
  else process.exitCode = (await search(settings, TRIES)) ? 0 : 1;
}

/** Listens before it searches for knap, so that containers are served when knap receives `ready`. */
async function serve(settings: GatewaySettings): Promise<void> {
  let knap: RelayTarget | undefined;
  const { secret, publicPort } = settings;
  await openDnsServer({ host: ALL_ADDRESSES, port: DNS_PORT }, async (query, transport, peer) =>
    knap ? askKnap(knap, secret, query, { transport, peer }) : undefined,
  );
  const listen = (port: number, kind: "local" | "public"): Promise<void> => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      if (knap) relay(client, openRelay(knap, secret, kind, client.remoteAddress ?? "-"));
      else client.destroy();
    });
    return new Promise((resolve, reject) => {
      server.on("error", reject);
      server.listen({ host: ALL_ADDRESSES, port }, resolve);
    });
  };
  await listen(HTTP_PORT, "local");
  if (publicPort !== HTTP_PORT && publicPort !== DNS_PORT) await listen(publicPort, "public");
  knap = await search(settings, Number.POSITIVE_INFINITY);
  if (knap) await isKnapAt(knap, secret, "ready");
}

async function search({ targets, secret }: GatewaySettings, tries: number): Promise<RelayTarget | undefined> {
  for (let tried = 0; tried < tries; tried += 1) {
    const found = await findKnap(targets, secret);
    if (found) return found;
    await sleep(SEARCH_EVERY_MS);
  }
  return undefined;
}

void main();
