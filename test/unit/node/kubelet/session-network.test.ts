import { describe, expect, test } from "vitest";
import { AddressPool } from "../../../../src/node/kubelet/session-network.ts";

describe("the address pool", () => {
  test("the address pool assigns addresses in turn, so that a freed address is not reused at once", () => {
    const pool = new AddressPool("10.213.4.0/24");
    const first = pool.take() as string;
    expect(first).toBe("10.213.4.10");
    pool.give(first);
    expect(pool.take()).toBe("10.213.4.11");
    const others = Array.from({ length: 244 }, () => pool.take());
    expect(others.at(-1)).toBe("10.213.4.10");
    expect(new Set(others).size).toBe(244);
    expect(pool.take()).toBeUndefined();
  });
});
