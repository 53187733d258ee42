// Conversations of level must that knap does not repeat, by reason. A case that passes is removed here.
const byReason: Readonly<Record<string, readonly string[]>> = {
  "Knative sets enableServiceLinks only at creation, so a PUT without it changes the spec": [
    "basics/update-metadata-only-keeps-generation",
    "apply/managed-fields-cleared-by-put",
    "apply/managed-fields-invalid-in-put",
  ],
  "a write that is refused before its fields are checked carries no warnings about them": [
    "basics/update-version-mismatch",
    "patch/merge-rename",
  ],
  "Knative's admission refuses the image b": [
    "patch/validation-duplicate-yaml-warn",
    "patch/validation-duplicate-yaml-ignore",
  ],
  "Node closes the connection on an unknown method before the server sees the request": ["negotiation/methods"],
};

/** Case → reason. */
export const knownDifferences: ReadonlyMap<string, string> = new Map(
  Object.entries(byReason).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);
