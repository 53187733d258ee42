// Tests the network check of `knap doctor`, with and without a firewall rule that drops the packets of one address
// range.
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { checkNetwork } from "../../src/doctor/engine-checks.ts";
import { openTestEngine } from "../support/engine.ts";

/** An address range that only this test uses. */
const RANGE = "10.214.77.0/24";

async function networkFinding() {
  const { buildGateway } = await import(new URL("../../scripts/build.mjs", import.meta.url).href);
  await buildGateway();
  const runtime = await openTestEngine({ subnets: RANGE });
  try {
    const finding = await checkNetwork({ runtime, hostId: "knap-test", env: { KNAP_SUBNETS: RANGE } });
    const session = `knap.dev/session=doctor-${process.pid}`;
    expect([...(await runtime.list(session)), ...(await runtime.networks.list(session))]).toEqual([]);
    return finding;
  } finally {
    await runtime.close();
  }
}

test("the network check reports success if a container reaches this machine", async () => {
  expect(await networkFinding()).toEqual({ check: "network", level: "ok", what: "containers can reach this machine" });
});

test.skipIf(!mayChangeFirewall())(
  "the network check names a firewall that drops packets of containers, and the rule that allows them",
  async () => {
    const rule = ["INPUT", "-s", RANGE, "-j", "DROP"];
    execFileSync("iptables", ["-I", ...rule]);
    try {
      expect(await networkFinding()).toEqual({
        check: "network",
        level: "warning",
        what: expect.stringMatching(/^containers cannot reach this machine at 10\.214\.77\.1:\d+: a firewall drops/),
        fix: expect.stringContaining(`sudo ufw allow from ${RANGE}`),
      });
    } finally {
      execFileSync("iptables", ["-D", ...rule]);
    }
  },
);

function mayChangeFirewall(): boolean {
  try {
    execFileSync("iptables", ["-L", "INPUT", "-n"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
