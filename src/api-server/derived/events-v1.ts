// Derives the Events of events.k8s.io/v1, which are those of the core group with other field names. Both have the same
// name and uid. Source: kubernetes pkg/apis/events/v1/conversion.go.
import type { EventV1 } from "../../apis/core/derived-types.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { derivation } from "./derived-reader.ts";

export const eventsV1 = derivation(
  "Event",
  (name) => name,
  (event) => {
    const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, ...same } =
      event;
    const derived: Stored<EventV1> = {
      ...same,
      apiVersion: "events.k8s.io/v1",
      regarding: involvedObject,
      eventTime: event.eventTime ?? null,
      ...(message !== undefined && { note: message }),
      ...(reportingComponent !== undefined && { reportingController: reportingComponent }),
      ...(source && { deprecatedSource: source }),
      ...(firstTimestamp !== undefined && { deprecatedFirstTimestamp: firstTimestamp }),
      ...(lastTimestamp !== undefined && { deprecatedLastTimestamp: lastTimestamp }),
      ...(count !== undefined && { deprecatedCount: count }),
    };
    return [derived];
  },
);
