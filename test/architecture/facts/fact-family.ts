// The shape of the fact table: which test shows which fact of Knative's data plane. The numbers are those that code and
// tests name.

/**
 * Where a fact is shown: `file › part of a test's name`, or `file.json › case` for recorded truth (a name that ends in
 * `/` is all its cases); or, in words, why nothing shows it.
 */
type Shown = readonly string[] | { readonly absent: string };

/** Facts that belong together; at least one of them is shown over real sockets. */
export interface FactFamily {
  readonly title: string;
  readonly facts: Readonly<Record<string, Shown>>;
}
