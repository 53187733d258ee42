// The types of control-plane.json; see its README.
import type { StringMap } from "../../../src/apis/meta/object.ts";

export type Json = Record<string, unknown>;
export interface Operation {
  readonly op: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly object?: Json;
  readonly patch?: Json;
  readonly status?: Json;
  readonly data?: StringMap;
  readonly image?: string;
  readonly error?: string;
  readonly pending?: boolean;
  readonly clear?: boolean;
  readonly revision?: string;
  readonly desiredScale?: number;
  readonly excessBurstCapacity?: number;
  readonly ok?: boolean;
  readonly seconds?: number;
}
export interface RecordedEvent {
  readonly kind: string;
  readonly name: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly maybe?: boolean;
}
interface RecordedError {
  readonly controller: string;
  readonly key: string;
  readonly error: string;
}
export interface Step {
  readonly do: readonly Operation[];
  readonly rejected?: readonly { readonly op: number; readonly message: string }[];
  readonly world?: readonly (readonly Operation[])[];
  readonly timed?: readonly { readonly at: string; readonly do: readonly Operation[] }[];
  readonly changed?: readonly Json[];
  readonly deleted?: readonly string[];
  readonly events?: readonly RecordedEvent[];
  readonly errors?: readonly RecordedError[];
  readonly loose?: readonly string[];
  readonly setup?: boolean;
  readonly restless?: boolean;
}
export interface Transcript {
  readonly name: string;
  readonly configMaps: Readonly<Record<string, StringMap>>;
  readonly steps: readonly Step[];
  readonly full?: boolean;
  readonly orderDependent?: boolean;
}

/** The time `{{T+0}}` of the recording. */
export const START = Date.UTC(2000, 0, 1);

/** The time that `{{T+seconds}}` stands for. */
export function instantOf(text: string): number {
  return START + Number(/^\{\{T\+([\d.]+)\}\}$/.exec(text)?.[1]) * 1000;
}
