// Types of the table of facts: which test covers which fact of Knative's data plane. Code and tests use the same
// numbers.

/**
 * Where tests cover a fact: `file › part of a title`, or `file.json › case` for recorded data (a name that ends in
 * `/` or `-` means all cases with that prefix); or the reason why no test covers it.
 */
type Coverage = readonly string[] | { readonly absent: string };

/** Facts that belong together. A test over real sockets covers at least one of them. */
export interface FactFamily {
  readonly title: string;
  readonly facts: Readonly<Record<string, Coverage>>;
}
