// What people see at http://localhost when that could mean several Services, or none: their names, as links. It serves nothing else.
import type { LocalReply } from "../http/errors.ts";
import type { ServiceEntry } from "./ingress-table.ts";

/** `port` is the one the client used, with its colon, or empty. */
export function makeIndexPage(services: readonly ServiceEntry[], port: string): LocalReply {
  const rows = services
    .map(({ service, host }) => `<li><a href="http://${host}${port}/">${host}${port}</a> (${service})</li>`)
    .join("\n");
  const body = `<!doctype html>
<meta charset="utf-8">
<title>knap</title>
<h1>Services</h1>
${rows === "" ? "<p>None is ready to be reached yet.</p>" : `<ul>\n${rows}\n</ul>`}
`;
  return { status: 200, headers: ["Content-Type", "text/html; charset=utf-8", "Cache-Control", "no-store"], body };
}
