// The standard `Forwarded` header from the X-Forwarded-* ones. Pure; `pkg/queue/forwarded_shim.go` says when.

/** First lines of the three headers; undefined when there is none. */
export interface ForwardedFrom {
  readonly xff: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/** The value to add, or undefined when none of the three says anything. An address with a colon is bracketed and quoted. */
export function makeForwarded({ xff, proto, host }: ForwardedFrom): string | undefined {
  const members = xff === undefined || xff === "" ? [] : xff.split(",");
  // What follows a last comma is no member.
  if (members.length > 1 && members.at(-1) === "") members.pop();
  const nodes = members.map((member) => nodeOf(member.trim()));
  if (nodes.length === 0 && !proto && !host) return undefined;
  const [first, ...rest] = nodes;
  const pairs: string[] = [];
  if (first !== undefined) pairs.push(`for=${first}`);
  if (host) pairs.push(`host=${host}`);
  if (proto) pairs.push(`proto=${proto}`);
  return [pairs.join(";"), ...rest.map((node) => `for=${node}`)].join(", ");
}

/** IPv6 addresses (and, as in Knative, whatever else has a colon) in brackets and quotes. */
function nodeOf(member: string): string {
  return member.includes(":") ? `"[${member}]"` : member;
}
