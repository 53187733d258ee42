// Defines `develop` of a Service in knap.yaml. Keys and meanings are those of compose's develop specification.
import { z } from "zod";
import { pairs, textList } from "./build-schema.ts";
import { shellWords } from "./shell-words.ts";

const exec = z.strictObject({
  command: z
    .union([z.string().transform(shellWords), z.array(z.string())])
    .refine((words) => words.length > 0, "expected a command")
    .describe("Runs without a shell, as in compose. A text is split into words."),
  user: z.string().optional().describe("User of the command; default: the user of the container."),
  working_dir: z.string().optional().describe("Folder of the command; default: the working folder of the container."),
  environment: pairs.optional().describe("Variables for the command, besides those of the container."),
  privileged: z.boolean().optional().describe("Runs the command with all capabilities."),
});

const ACTIONS = {
  sync: "copies changed files to `target`",
  "sync+exec": "copies them, then runs `exec`",
  "sync+restart": "copies them, then restarts the container",
  restart: "restarts the container",
  rebuild: "builds the image and makes a new revision",
} as const;

/** What watch mode does with a changed file. The names and meanings are those of compose. */
export type WatchAction = keyof typeof ACTIONS;

/** Actions that copy files. */
export const isSyncing = (action: WatchAction): boolean => action.startsWith("sync");

const rule = z
  .strictObject({
    path: z.string().min(1).describe("File or folder to watch, relative to knap.yaml."),
    target: z
      .string()
      .refine((path) => path.startsWith("/"), "expected an absolute path in the container, such as /app/src")
      .optional()
      .describe("Absolute path in the container. Needed by the actions that sync."),
    action: z.enum(Object.keys(ACTIONS) as WatchAction[]).describe(
      Object.entries(ACTIONS)
        .map(([name, what]) => `${name}: ${what}`)
        .join("; "),
    ),
    include: textList.optional().describe("Patterns as in .dockerignore, relative to `path`; default: all files."),
    ignore: textList.optional().describe("Patterns of files that the rule ignores; applied after `include`."),
    exec: exec.optional().describe("The command of sync+exec."),
    initial_sync: z.boolean().optional().describe("Also copies all files of `path` when the session starts."),
  })
  .superRefine(({ action, target, exec: command }, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    if (isSyncing(action) && target === undefined) issue("target", `${action} needs target, a path in the container`);
    if (action === "sync+exec" && command === undefined) issue("exec", "sync+exec needs exec, the command to run");
    if (action !== "sync+exec" && command !== undefined) {
      issue("exec", `${action} runs no command; use action sync+exec, or remove exec`);
    }
  });

export const developSchema = z.strictObject({
  watch: z.array(rule).optional().describe("What a changed file causes; default: rules from the Dockerfile."),
  reload: z
    .enum(["app", "restart"])
    .optional()
    .describe("app: the command reloads changed code by itself. restart: knap restarts it. Default: by the command."),
});

export type DevelopSettings = z.infer<typeof developSchema>;
export type RuleSettings = NonNullable<DevelopSettings["watch"]>[number];

/** Known keys below `services.NAME.develop`, by the depth of the key there. */
export const developKeys = [developSchema.shape, undefined, rule.shape, exec.shape] as const;
