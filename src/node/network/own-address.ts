// Which address of this machine containers of a network reach directly, and the public ingress there.
import { networkInterfaces } from "node:os";
import { type OpenListener, openListener } from "../../data-plane/http-server/open-listener.ts";
import { type GatewayOptions, HTTP_PORT, type SessionNetwork } from "./gateway.ts";

/** The bridge's own, or that of the container that knap itself runs in. */
export async function ownAddress({ gateway, subnet }: SessionNetwork): Promise<string | undefined> {
  if (await owns(gateway)) return gateway;
  const prefix = subnet.replace(/\d+\/24$/, "");
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ address }) => address.startsWith(prefix))?.address;
}

/** undefined when it listens there already (`--address 0.0.0.0`), or somebody else does. */
export async function openPublicDoor(
  { handler, publicPort }: Pick<GatewayOptions, "handler" | "publicPort">,
  address: string,
): Promise<OpenListener | undefined> {
  if (publicPort === HTTP_PORT) return undefined;
  return openListener({ host: address, port: publicPort, listener: "public", handler }).catch(() => undefined);
}

/** Whether this machine may listen there: interface lists leave out bridges that nothing is attached to yet. */
async function owns(address: string): Promise<boolean> {
  const ignored = async (): Promise<void> => {};
  const door = await openListener({ host: address, port: 0, listener: "local", handler: ignored }).catch(
    () => undefined,
  );
  await door?.close(0);
  return door !== undefined;
}
