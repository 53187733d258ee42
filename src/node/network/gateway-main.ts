// The program of the gateway container: holds DNS, port 80 and the public port on the session's network and passes everything on to knap. It answers nothing itself.

import { createServer } from "node:net";
import { sleep } from "../../base/sleep.ts";
import { openDnsServer } from "./dns-server.ts";
import { DNS_PORT, HTTP_PORT } from "./gateway.ts";
import { type GatewayOrder, readOrderEnv } from "./gateway-order.ts";
import { askKnap, findKnap, isKnapAt, openRelay, type RelayTarget, relay } from "./relay-client.ts";

const ALL = "0.0.0.0";
const SEARCH_EVERY_MS = 250;
const TRIES = 3;

async function main(): Promise<void> {
  const order = readOrderEnv(process.env);
  if (order.task === "serve") await serve(order);
  else process.exitCode = (await search(order, TRIES)) ? 0 : 1;
}

/** Listens first and finds knap then; when knap hears that we are ready, containers are served. */
async function serve(order: GatewayOrder): Promise<void> {
  let knap: RelayTarget | undefined;
  const { secret, publicPort } = order;
  await openDnsServer({ host: ALL, port: DNS_PORT }, async (query, transport) =>
    knap ? askKnap(knap, secret, query, transport) : undefined,
  );
  const listen = (port: number, kind: "local" | "public"): Promise<void> => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      if (knap) relay(client, openRelay(knap, secret, kind, client.remoteAddress ?? "-"));
      else client.destroy();
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: ALL, port }, resolve);
    });
  };
  await listen(HTTP_PORT, "local");
  if (publicPort !== HTTP_PORT && publicPort !== DNS_PORT) await listen(publicPort, "public");
  knap = await search(order, Number.POSITIVE_INFINITY);
  if (knap) await isKnapAt(knap, secret, "ready");
}

async function search({ targets, secret }: GatewayOrder, tries: number): Promise<RelayTarget | undefined> {
  for (let tried = 0; tried < tries; tried += 1) {
    const found = await findKnap(targets, secret);
    if (found) return found;
    await sleep(SEARCH_EVERY_MS);
  }
  return undefined;
}

void main();
