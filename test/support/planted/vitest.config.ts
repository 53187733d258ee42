// Runs the planted leak with the same check as the real suites. For test/sockets/leaks.test.ts only.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/support/planted/leak.ts"], setupFiles: ["test/support/setup/leaks.ts"] },
});
