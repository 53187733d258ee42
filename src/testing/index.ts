// Entry point of `knap/testing`: starts sessions of knap in tests of any runner.

export type { LastExit } from "../client/last-exit.ts";
export type { ColdStart, ColdStartParts } from "../client/live.ts";
// biome-ignore lint/performance/noBarrelFile: the entry point of a package
export { createHarness, type Harness, type HarnessClock, type ManifestObject } from "./harness.ts";
export { HarnessError } from "./harness-error.ts";
export type { Duration, HarnessOptions, ImageBuild } from "./options.ts";
export type { ServiceEvent, ServiceResponse, ServiceUnderTest, TaggedService, WaitOptions } from "./service.ts";
