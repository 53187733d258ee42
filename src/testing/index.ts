// Entry point of `knap/testing`: starts sessions of knap in tests of any runner.

export type { Fault, FaultKind } from "../apis/faults/fault.ts";
export type { FaultSelection } from "../client/faults.ts";
export type { LastExit } from "../client/last-exit.ts";
export type { ColdStart, ColdStartParts } from "../client/live.ts";
export type { FaultOptions, HarnessFaults, InjectedFault } from "./faults.ts";
// biome-ignore lint/performance/noBarrelFile: the entry point of a package
export { createHarness, type Harness, type HarnessClock, type ManifestObject } from "./harness.ts";
export { HarnessError } from "./harness-error.ts";
export type { Duration, HarnessOptions, ImageBuild } from "./options.ts";
export type { ServiceEvent, ServiceResponse, ServiceUnderTest, TaggedService, WaitOptions } from "./service.ts";
