// Doctor's check whether containers reach this machine, with and without a firewall rule that drops the packets of one
// address range.
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { checkNetwork } from "../../src/doctor/engine-checks.ts";
import { openTestEngine } from "../support/engine.ts";

/** A range that only this test uses. */
const RANGE = "10.214.77.0/24";

async function found() {
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

test("reports success if a container reaches this machine", async () => {
  expect(await found()).toEqual({ check: "network", level: "ok", what: "containers can reach this machine" });
});

test.skipIf(!mayChangeFirewall())(
  "a firewall that drops what containers send is named, with what to allow",
  async () => {
    const rule = ["INPUT", "-s", RANGE, "-j", "DROP"];
    execFileSync("iptables", ["-I", ...rule]);
    try {
      expect(await found()).toEqual({
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
