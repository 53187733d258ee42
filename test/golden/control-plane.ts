// The suite of control-plane.json: transcripts of Knative's real reconcilers, replayed by knap's.
import type { Suite, Verdict } from "./case.ts";
import { replay } from "./control-plane/replay.ts";
import type { Transcript } from "./control-plane/transcript.ts";

const SHOWN = 6;

/** Returns one verdict per transcript, and a separate verdict for its fields of second priority. */
export const controlPlaneSuite: Suite = (file) =>
  (file as { cases: readonly Transcript[] }).cases.flatMap((transcript): readonly Verdict[] => {
    try {
      const { exact, apart } = replay(transcript);
      return [
        verdict(transcript.name, exact),
        { ...verdict(transcript.name, apart), apart: "second priority: times, inner generations, pod hashes" },
      ];
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return [{ name: transcript.name, passed: false, why }];
    }
  });

function verdict(name: string, found: readonly string[]): Verdict {
  if (found.length === 0) return { name, passed: true };
  const more = found.length > SHOWN ? [`… and ${found.length - SHOWN} more`] : [];
  return { name, passed: false, why: [...found.slice(0, SHOWN), ...more].join("\n  ") };
}
