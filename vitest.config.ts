import { defineConfig } from "vitest/config";

/** Fails a file of tests that leaves a descriptor, a timer, a child or a temporary folder behind. */
const leaks = { setupFiles: ["test/support/setup/leaks.ts"] };
/** One project per kind of test (design: test/<kind>/...); `npm run check` runs the fast ones, `npm test` all. */
const fast = { testTimeout: 20_000, hookTimeout: 20_000 };
const engine = { ...leaks, testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false, maxWorkers: 1 };

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.{ts,tsx}"], ...fast } },
      { test: { name: "golden", include: ["test/golden/**/*.test.ts"], testTimeout: 300_000 } },
      { test: { name: "property", include: ["test/property/**/*.test.ts"], ...fast, testTimeout: 60_000 } },
      { test: { name: "simulation", include: ["test/simulation/**/*.test.ts"], ...fast, ...leaks } },
      { test: { name: "architecture", include: ["test/architecture/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "sockets",
          include: ["test/sockets/**/*.test.ts"],
          ...leaks,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: "contract", include: ["test/contract/**/*.test.ts"], ...engine } },
      {
        test: {
          name: "failures",
          include: ["test/failures/**/*.test.ts"],
          ...engine,
          // Engines of these tests run beside the shared one: their networks need addresses of their own.
          env: { KNAP_SUBNETS: "10.215.0.0/16" },
        },
      },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...engine } },
      { test: { name: "clients", include: ["test/clients/**/*.test.ts"], ...engine } },
      { test: { name: "examples", include: ["test/examples/**/*.test.ts"], ...engine } },
      { test: { name: "fuzz", include: ["test/fuzz/**/*.test.ts"], ...leaks, testTimeout: 1_800_000 } },
    ],
  },
});
