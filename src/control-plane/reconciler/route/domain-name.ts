// Is a text a full domain name? Judged and worded as Kubernetes' validation does. Source: apimachinery pkg/util/validation.
import { quote } from "../../../base/go/quote.ts";

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const LABEL_LENGTH = 63;
const SUBDOMAIN_LENGTH = 253;
const WRONG_SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  `'${LABEL}(\\.${LABEL})*')`;

/** What is wrong, as a finding at field `url`; undefined when nothing is. A dot at the end is fine. */
export function domainNameProblem(text: string): string | undefined {
  if (text === "") return "url: Required value";
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  const problems = [
    ...(name.length > SUBDOMAIN_LENGTH ? [`must be no more than ${SUBDOMAIN_LENGTH} characters`] : []),
    ...(SUBDOMAIN.test(name) ? [] : [WRONG_SUBDOMAIN]),
  ];
  if (problems.length > 0) return invalid(name, problems.join(","));
  const labels = name.split(".");
  if (labels.length < 2) return invalid(name, "should be a domain with at least two segments separated by dots");
  const tooLong = labels.filter((label) => label.length > LABEL_LENGTH);
  const findings = tooLong.map((label) => invalid(label, `must be no more than ${LABEL_LENGTH} characters`));
  return findings.length > 1 ? `[${findings.join(", ")}]` : findings[0];
}

function invalid(value: string, why: string): string {
  return `url: Invalid value: ${quote(value)}: ${why}`;
}
