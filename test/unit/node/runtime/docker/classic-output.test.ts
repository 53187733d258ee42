import { expect, test } from "vitest";
import { ClassicOutput } from "../../../../../src/node/runtime/docker/classic-output.ts";

test("the classic builder's output tells its steps, and which images it made", () => {
  const steps: string[] = [];
  const output = new ClassicOutput(({ state, name }) => steps.push(`${state} ${name.slice(5, 8)}`));
  const lines = [
    "Step 1/3 : FROM base\n",
    " ---> aaaaaaaaaaaa\n",
    "Step 2/3 : RUN one",
    "\n",
    " ---> Using cache\n",
    " ---> bbbbbbbbbbbb\n",
    "Step 3/3 : RUN two\n",
    " ---> Running in cccccccccccc\n",
    " ---> dddddddddddd\n",
    "Successfully built dddddddddddd\n",
  ].flatMap((text) => output.read(text));
  expect(lines).toHaveLength(9);
  expect(steps).toEqual(["started 1/3", "done 1/3", "started 2/3", "cached 2/3", "started 3/3"]);
  expect(output.step).toBe("Step 3/3 : RUN two");
  expect([...output.images.made]).toEqual(["dddddddddddd"]);
  expect([...output.images.used]).toEqual(["bbbbbbbbbbbb", "dddddddddddd"]);
});
