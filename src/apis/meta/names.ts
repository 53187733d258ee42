// Checks names by Kubernetes' rules, and makes the names of child objects. A check returns the texts of broken rules.
// Source: k8s.io/apimachinery/pkg/util/validation.
import { quote } from "../../base/go/quote.ts";
import { md5Hex } from "../../base/hash.ts";

const LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const LABEL_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_1123 = `${LABEL_1123}(\\.${LABEL_1123})*`;
const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const IS_LABEL_1035 = whole(LABEL_1035);
const IS_LABEL_1123 = whole(LABEL_1123);
const IS_SUBDOMAIN_1123 = whole(SUBDOMAIN_1123);
const IS_QUALIFIED = whole(QUALIFIED);
const IS_PREFIXED = whole(`(${SUBDOMAIN_1123}/)?${QUALIFIED}`);
const tooLong = (limit: number): string => `must be no more than ${limit} characters`;
const bytes = (text: string): number => Buffer.byteLength(text);
const example = (pattern: string, ...examples: readonly string[]): string => {
  const shown = examples.map((item) => `'${item}', `).join(" or ");
  return `(e.g. ${shown}regex used for validation is '${pattern}')`;
};

/** Checks a DNS-1035 label: the name of a Service, Route, Configuration or Revision, or a tag. */
export function dns1035LabelErrors(name: string): readonly string[] {
  const errors: string[] = [];
  if (bytes(name) > 63) errors.push(tooLong(63));
  if (!IS_LABEL_1035.test(name)) {
    errors.push(
      `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character ${example(LABEL_1035, "my-name", "abc-123")}`,
    );
  }
  return errors;
}

/** Checks a DNS-1123 label: the name of a volume, or a part of a domain. */
export function dns1123LabelErrors(name: string): readonly string[] {
  const errors: string[] = [];
  if (bytes(name) > 63) errors.push(tooLong(63));
  if (IS_LABEL_1123.test(name)) return errors;
  if (IS_SUBDOMAIN_1123.test(name)) errors.push("must not contain dots");
  else {
    errors.push(
      `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character ${example(LABEL_1123, "my-name", "123-abc")}`,
    );
  }
  return errors;
}

/** Checks a DNS-1123 subdomain: the name of most kinds. */
export function dns1123SubdomainErrors(name: string): readonly string[] {
  const errors: string[] = [];
  if (bytes(name) > 253) errors.push(tooLong(253));
  if (!IS_SUBDOMAIN_1123.test(name)) {
    errors.push(
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character ${example(SUBDOMAIN_1123, "example.com")}`,
    );
  }
  return errors;
}

/** Checks a qualified name, such as a label key: `name` or `prefix/name`. */
export function qualifiedNameErrors(name: string): readonly string[] {
  if (isPlainlyQualified(name)) return [];
  const errors: string[] = [];
  const parts = name.split("/");
  const rule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${example(QUALIFIED, "MyName", "my.name", "123-abc")}`;
  if (parts.length > 2) {
    return [`a valid label key ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const local = parts.at(-1) ?? "";
  if (prefix === "") errors.push("prefix part must be non-empty");
  else if (prefix !== undefined) {
    const wrong = dns1123SubdomainErrors(prefix).map((error) =>
      error.replace(tooLong(253), "must be no more than 253 bytes"),
    );
    errors.push(...wrong.map((error) => `prefix part ${error}`));
  }
  if (local === "") errors.push("name part must be non-empty");
  else if (bytes(local) > 63) errors.push("name part must be no more than 63 bytes");
  if (!IS_QUALIFIED.test(local)) errors.push(`name part ${rule}`);
  return errors;
}

/** Fast path for valid names. A matching name is ASCII, so its length is its number of bytes. */
function isPlainlyQualified(name: string): boolean {
  return IS_PREFIXED.test(name) && name.length - name.indexOf("/") - 1 <= 63 && name.indexOf("/") <= 253;
}

/** Checks the value of a label, which may be empty. */
export function labelValueErrors(value: string): readonly string[] {
  if (typeof value !== "string") return [];
  const errors: string[] = [];
  if (bytes(value) > 63) errors.push("must be no more than 63 bytes");
  if (value !== "" && !IS_QUALIFIED.test(value)) {
    errors.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${example(`(${QUALIFIED})?`, "MyValue", "my_value", "12345")}`,
    );
  }
  return errors;
}

/** Replaces the last two characters by a letter if the text ends in a dash, to validate a generateName. */
export function withoutTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix;
}

/** Returns Kubernetes' error if the value of `field` is not a fully qualified domain name; undefined if it is. */
export function domainNameError(name: string, field: "name" | "url"): string | undefined {
  if (name === "") return `${field}: Required value`;
  const bare = name.replace(/\.$/, "");
  const invalid = (value: string, why: string): string => `${field}: Invalid value: ${quote(value)}: ${why}`;
  const errors = dns1123SubdomainErrors(bare);
  if (errors.length > 0) return invalid(bare, errors.join(","));
  const labels = bare.split(".");
  if (labels.length < 2) return invalid(bare, "should be a domain with at least two segments separated by dots");
  for (const label of labels) {
    const wrong = dns1123LabelErrors(label);
    if (wrong.length > 0) return invalid(label, wrong.join(","));
  }
  return undefined;
}

const LONGEST_CHILD_NAME = 63;
const HASHED_HEAD = LONGEST_CHILD_NAME - 32;

/**
 * Returns `parent + suffix` if it fits 63 characters, else the start of the parent, an md5 hash and the suffix. @see
 * knative.dev/pkg kmeta/names.go
 */
export function childName(parent: string, suffix: string): string {
  if (parent.length + suffix.length <= LONGEST_CHILD_NAME) return parent + suffix;
  if (suffix.length < HASHED_HEAD) return parent.slice(0, HASHED_HEAD - suffix.length) + md5Hex(parent) + suffix;
  const name = (parent.slice(0, HASHED_HEAD) + md5Hex(parent + suffix) + suffix).slice(0, LONGEST_CHILD_NAME);
  return name.replace(/[^0-9A-Za-z]+$/, "");
}
