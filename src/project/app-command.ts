// Recognises commands that run source code, and commands that reload changed code by themselves. Pure.
import type { StringMap } from "../apis/meta/object.ts";
import { shellWords } from "./shell-words.ts";

/** Programs that start another program, with their arguments before it. */
const WRAPPERS: readonly RegExp[] = [
  /^(?:exec|env|nice|nohup|time|tini|dumb-init|catatonit)(?: -\S+)*(?: --)? (?=.)/,
  /^(?:gosu|su-exec) \S+ (?=.)/,
  /^(?:npx|bunx|pnpx|pnpm exec|pnpm dlx|yarn exec|npm exec)(?: -\S+)*(?: --)? (?=.)/,
  /^(?:poetry|uv|pipenv|pdm|hatch|bundle) (?:run|exec)(?: --)? (?=.)/,
  /^python[\d.]* -m (?=(?:flask|fastapi|gunicorn|uvicorn|hypercorn)\b)/,
  // An entry point script runs its arguments.
  /^\S*(?:\.sh|entrypoint\S*) (?=[^-])/,
  /^\w+=\S* (?=.)/,
];

/** Programs that run source code, which knap can replace without a build. */
const INTERPRETERS =
  /^(?:node|nodejs|deno|bun|tsx|ts-node|python[\d.]*|pypy[\d.]*|ruby|php[\d.]*|perl|lua|Rscript|npm|yarn|pnpm|pm2|pm2-runtime|nodemon|next|nest|functions-framework\S*|gunicorn|uvicorn|hypercorn|daphne|waitress-serve|flask|fastapi|streamlit|celery|rackup|rails|puma|unicorn|thin|php-fpm[\d.]*|apache2-foreground|frankenphp)$/;

/** Commands that watch the code and reload it. They are matched with the command without wrappers and folders. */
const RELOADERS: readonly RegExp[] = [
  /^(?:nodemon|node-dev|ts-node-dev|tsnd|supervisor|watchexec|webpack-dev-server|air)\b/,
  /^(?:node|nodejs|tsx)(?: -\S+)* (?:--watch\S*|watch)\b/,
  /^(?:bun|deno)\b.* --(?:watch|hot)\b/,
  /^(?:next|nuxt|nuxi|astro|remix|svelte-kit|gatsby|react-router) (?:dev|develop|vite:dev)\b/,
  /^vite(?: (?!build\b|preview\b)|$)/,
  /^(?:ng|vue-cli-service|webpack) serve\b/,
  /^react-scripts start\b/,
  /^nest start\b.* (?:--watch|-w)\b/,
  /^(?:gunicorn|uvicorn|hypercorn)\b.* --reload\b/,
  /^flask\b.* --(?:debug|reload)\b/,
  /^fastapi dev\b/,
  /^(?:python[\d.]* )?\S*manage\.py runserver\b(?!.* --noreload\b)/,
];

/** Names of scripts that watch the code, if package.json cannot be read. */
const WATCHING_SCRIPT = /^(?:dev|develop|watch)(?::|$)|:(?:dev|watch)$/;
const SCRIPT = /^(?:npm|yarn|pnpm|bun)(?: run)?(?: -\S+)* (?<name>[\w:.-]+)/;
const SHELL = /^(?:\S*\/)?(?:sh|bash|ash|dash)$/;
/** A script can call another one. */
const MAX_DEPTH = 5;

/** Splits the line of a shell into its commands, without their wrappers and without the folders of the programs. */
function commandsOf(words: readonly string[]): readonly string[] {
  const [first = "", flags = "", line] = words;
  const isShell = SHELL.test(first) && /^-\w*c$/.test(flags) && line !== undefined;
  const lines = isShell ? line.split(/&&|\|\||[;|&\n]/).map((part) => shellWords(part).join(" ")) : [words.join(" ")];
  return lines.map((each) => unwrapped(each.trim())).filter((each) => each !== "");
}

function unwrapped(command: string): string {
  const plain = command.replace(/^\S*\/(?=[^/\s]+(?:\s|$))/, "");
  const inner = WRAPPERS.reduce((text, wrapper) => text.replace(wrapper, ""), plain);
  return inner === command ? inner : unwrapped(inner);
}

/** Returns true if the command runs source code, so that a restart is enough to run changed code. */
export function isInterpreted(command: readonly string[]): boolean {
  const program = commandsOf(command).at(-1)?.split(" ", 1)[0] ?? "";
  return INTERPRETERS.test(program) || /\.(?:[cm]?js|py|rb|pl|php)$/.test(program);
}

/**
 * Returns the part of the command that reloads changed code by itself; undefined if there is none. `scripts`: those of
 * package.json; undefined if it cannot be read.
 */
export function reloaderOf(command: readonly string[], scripts: StringMap | undefined, depth = 0): string | undefined {
  for (const each of commandsOf(command)) {
    if (RELOADERS.some((reloader) => reloader.test(each))) return each;
    const name = SCRIPT.exec(each)?.groups?.["name"];
    const script = name === undefined ? undefined : scripts?.[name];
    if (script !== undefined && depth < MAX_DEPTH) {
      if (reloaderOf(["/bin/sh", "-c", script], scripts, depth + 1) !== undefined) return each;
    } else if (name !== undefined && scripts === undefined && WATCHING_SCRIPT.test(name)) return each;
    // Runs several commands, each in one argument.
    if (/^(?:concurrently|npm-run-all|run-p)\b/.test(each) && depth < MAX_DEPTH) {
      const parts = command.flatMap((word) => shellWords(word)).filter((word) => word.includes(" "));
      if (parts.some((part) => reloaderOf(["/bin/sh", "-c", part], scripts, depth + 1))) return each;
    }
  }
  return undefined;
}
