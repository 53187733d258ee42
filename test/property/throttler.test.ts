import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/data-plane/activator/backend.ts";
import { type Slot, Throttler } from "../../src/data-plane/activator/throttler.ts";
import { ManualClock } from "../support/manual-clock.ts";

type Step =
  | { readonly kind: "arrive" }
  | { readonly kind: "leave" | "finish"; readonly which: number }
  | { readonly kind: "pods"; readonly pods: readonly number[] };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant({ kind: "arrive" } as const) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), which: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("finish" as const), which: fc.nat() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("pods" as const),
        pods: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 5 }),
      }),
    },
  ),
  { maxLength: 120 },
);

const backend = (pod: number): Backend => ({
  pod: `p${pod}`,
  address: `10.0.0.${pod}:8012`,
  handle: () => Promise.resolve(),
  ready: true,
});

/** Holds a throttler and all its requests, so that tests can check every request after each step. */
class World {
  readonly waiting = new Map<number, () => void>();
  readonly running = new Map<number, Slot>();
  readonly servedAfterWait: number[] = [];
  arrived = 0;
  over = 0;
  readonly throttler: Throttler;

  constructor(concurrency: number, random: () => number) {
    this.throttler = new Throttler({
      concurrency,
      waitLimitMs: 1e9,
      clock: new ManualClock(),
      random: random,
    });
  }

  step(step: Step): void {
    if (step.kind === "pods") this.throttler.setBackends(step.pods.map(backend));
    else if (step.kind === "arrive") this.arrive();
    else if (step.kind === "leave") this.leave(step.which);
    else this.finish(step.which);
  }

  arrive(): void {
    const id = this.arrived;
    this.arrived += 1;
    const slot = this.throttler.tryAcquire();
    if (slot) {
      this.running.set(id, slot);
      return;
    }
    const leave = this.throttler.wait((admission) => {
      if (typeof admission !== "object") throw new Error(`request ${id} was turned away: ${admission}`);
      if (!this.waiting.delete(id)) throw new Error(`request ${id} was served though it does not wait`);
      this.servedAfterWait.push(id);
      this.running.set(id, admission);
    });
    this.waiting.set(id, leave);
  }

  leave(which: number): void {
    const id = [...this.waiting.keys()][which % Math.max(1, this.waiting.size)];
    if (id === undefined) return;
    this.waiting.get(id)?.();
    this.waiting.delete(id);
    this.over += 1;
  }

  finish(which: number): void {
    const id = [...this.running.keys()][which % Math.max(1, this.running.size)];
    if (id === undefined) return;
    const slot = this.running.get(id) as Slot;
    this.running.delete(id);
    this.over += 1;
    this.throttler.release(slot);
  }
}

const concurrencies = fc.constantFrom(0, 1, 2, 3, 4, 7);

describe("Throttler", () => {
  it("the throttler never exceeds the capacity of the revision or of a pod", () => {
    fc.assert(
      fc.property(
        concurrencies,
        steps,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (cc, list, random) => {
          const world = new World(cc, () => random.next().value as number);
          for (const step of list) {
            const before = world.throttler.inFlight;
            world.step(step);
            const after = world.throttler.inFlight;
            // Removed pods can leave more requests in flight than the capacity; then the throttler admits no request.
            if (after > before) expect(after).toBeLessThanOrEqual(world.throttler.capacity);
            if (cc > 0) for (const slot of world.running.values()) expect(slot.inFlight).toBeLessThanOrEqual(cc);
          }
        },
      ),
    );
  });

  it("the throttler loses no request, and no request waits while a slot is free", () => {
    fc.assert(
      fc.property(concurrencies, steps, (cc, list) => {
        const world = new World(cc, () => 0.3);
        for (const step of list) {
          world.step(step);
          expect(world.waiting.size + world.running.size + world.over).toBe(world.arrived);
          expect(world.throttler.waiting).toBe(world.waiting.size);
          expect(world.throttler.inFlight).toBe(world.running.size);
          if (world.waiting.size > 0) expect(world.throttler.inFlight).toBeGreaterThanOrEqual(world.throttler.capacity);
        }
        world.throttler.setBackends([backend(1)]);
        while (world.running.size > 0) world.finish(0);
        expect(world.waiting.size).toBe(0);
        expect(world.over).toBe(world.arrived);
      }),
    );
  });

  it("the throttler serves waiting requests in the order of arrival", () => {
    fc.assert(
      fc.property(concurrencies, steps, (cc, list) => {
        const world = new World(cc, () => 0.3);
        for (const step of list) world.step(step);
        expect(world.servedAfterWait).toEqual([...world.servedAfterWait].sort((a, b) => a - b));
      }),
    );
  });
});
