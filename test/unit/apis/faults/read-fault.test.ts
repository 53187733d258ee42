import { describe, expect, test } from "vitest";
import { actsOn } from "../../../../src/apis/faults/decide.ts";
import { type FaultKind, faultKinds, settingsText } from "../../../../src/apis/faults/fault.ts";
import { readFault } from "../../../../src/apis/faults/read-fault.ts";

function read(fields: object) {
  const result = readFault({ service: "hello", ...fields });
  return result.ok ? result.value : result.error;
}

describe("the settings of a fault", () => {
  test("have defaults, and are those of their kind only", () => {
    expect(read({ kind: "latency" })).toEqual({
      kind: "latency",
      namespace: "default",
      service: "hello",
      seed: 1,
      percent: 100,
      delay: "1s",
    });
    expect(read({ kind: "errors", percent: 0.5, count: 3, duration: "1m" })).toMatchObject({
      status: 500,
      percent: 0.5,
      count: 3,
      duration: "1m",
    });
    expect(read({ kind: "readiness-flap" })).toMatchObject({ percent: 50 });
    expect(read({ kind: "dns-failure", host: "DB.Example.com." })).toMatchObject({ host: "db.example.com" });
    expect(readFault({ kind: "clock-jump", by: "-1h" })).toMatchObject({
      ok: true,
      value: { by: "-1h", namespace: "" },
    });
  });

  test("are refused with the field, the value and what is allowed, all mistakes at once", () => {
    expect(read({ kind: "latncy" })).toMatch(
      /^kind: "latncy" is not a kind of fault \(did you mean latency\?\); kinds are slow-start, /,
    );
    expect(read({})).toMatch(/^kind: nothing is not a kind of fault; kinds are/);
    expect(read({ kind: "latency", delay: "5", percent: 0, count: 1.5, seed: -1 })).toBe(
      [
        "seed: -1 is not a whole number from 0 to 4294967295",
        "percent: 0 is not a number above 0, at most 100",
        "count: 1.5 is not a whole number of at least 1",
        'delay: "5" is not a duration such as 500ms, 10s or 1m30s, above 0, at most 1h',
      ].join("; "),
    );
    expect(read({ kind: "errors", delay: "1s" })).toBe(
      "errors takes no delay; it takes namespace, service, revision, seed, percent, count, duration, status",
    );
    expect(read({ kind: "errors", status: 200 })).toBe("status: 200 is not a whole number from 400 to 599");
    expect(read({ kind: "dns-failure" })).toBe("host: dns-failure needs it");
    expect(read({ kind: "dns-failure", host: "a b" })).toBe('host: "a b" is not a DNS name such as db.example.com');
    expect(read({ kind: "errors", revision: "hello-00001" })).toBe("name a service or a revision, not both");
    expect(readFault({ kind: "errors" })).toMatchObject({ error: "name a service or a revision" });
    expect(readFault({ kind: "errors", service: "" })).toMatchObject({ error: 'service: "" is not a text' });
    expect(read({ kind: "clock-jump", by: "1s" })).toBe(
      'by: "1s" is not a duration of 2s to 8760h, such as 1h or -10m; clock-jump takes no service; it takes by',
    );
  });

  test("read as one phrase", () => {
    const spec = { namespace: "default", service: "hello", seed: 7, percent: 20 } as const;
    expect(settingsText({ ...spec, kind: "errors", status: 503, count: 5, duration: "30s" })).toBe(
      "status 503, 20% of requests, seed 7, at most 5, for 30s",
    );
    expect(settingsText({ ...spec, kind: "queue-full", percent: 100 })).toBe("");
  });
});

test("a fault acts on the share of events that it names, and always on the same ones for a seed", () => {
  const acts = (seed: number, percent: number) =>
    Array.from({ length: 1000 }, (_, n) => n).filter((n) => actsOn({ seed, percent }, n));
  expect(acts(1, 20)).toEqual(acts(1, 20));
  expect(acts(1, 20)).not.toEqual(acts(2, 20));
  expect(Math.abs(acts(3, 20).length - 200)).toBeLessThan(40);
  expect(acts(3, 100)).toHaveLength(1000);
});

test("every kind says what it does without its settings", () => {
  for (const kind of Object.keys(faultKinds) as FaultKind[]) expect(faultKinds[kind].does).toMatch(/^[a-z0-9].*[^.]$/);
});
