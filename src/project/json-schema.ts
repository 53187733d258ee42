// Makes the JSON schema of knap.yaml, with which editors complete and check the file. The build writes it.
import { z } from "zod";
import { projectSchema } from "./project-file.ts";

/** Returns the schema of the text of knap.yaml, before knap fills in defaults. */
export function projectJsonSchema(): object {
  const schema = z.toJSONSchema(projectSchema, { io: "input", target: "draft-7" });
  return { ...schema, title: "knap.yaml", description: "Settings of a knap project. All keys are optional." };
}
