import { execFile } from "node:child_process";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url).pathname;

test("`npm run audit` checks licences and scripts without the registry, and says what it could not check (11 A13)", async () => {
  const env = { ...process.env, npm_config_registry: "http://127.0.0.1:9", npm_config_fetch_retries: "0" };
  const output = await new Promise<string>((resolve) => {
    execFile("node", ["scripts/audit.mjs"], { cwd: root, env }, (error, stdout, stderr) =>
      resolve(`${stdout}${stderr}exit code ${error?.code ?? 0}`),
    );
  });
  expect(output).toMatch(/✓ licences {2}\d+ packages\n✓ scripts {2}none needed\n! vulnerabilities {2}not checked/);
  expect(output).toContain("exit code 0");
});
