// `knap completion`: generates shell scripts that complete commands, flags and kinds, from the command tree.
import type { Command, Option } from "commander";
import { resources } from "../../apis/kinds.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";

interface Completions {
  readonly commands: readonly { readonly name: string; readonly flags: readonly string[]; readonly text: string }[];
  readonly kinds: readonly string[];
  /** Flags with fixed values. A flag has the same values in every command. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
}

/** Returns the values of an option that names them: `--runtime <auto|docker|process>`. */
const choicesOf = ({ flags }: Option): readonly string[] | undefined => /<(.+\|.+)>/.exec(flags)?.[1]?.split("|");

function completionsOf(program: Command): Completions {
  const visible = program.createHelp().visibleCommands(program);
  const shown = program.commands.filter((command) => visible.includes(command));
  const commands = shown.map((command) => ({
    name: command.name(),
    flags: [...program.options, ...command.options].map(({ long, short }) => long ?? short ?? "").filter(Boolean),
    text: command.summary() || command.description(),
  }));
  const options = program.commands.flatMap((command) => command.options);
  const choices = new Map(
    options.flatMap((option) => {
      const values = choicesOf(option);
      return option.long && values ? [[option.long, values] as const] : [];
    }),
  );
  return { commands, choices, kinds: resources.map(({ shortNames, singular }) => shortNames.at(-1) ?? singular) };
}

const KIND_VERBS = "get|describe|delete|wait";

function bash({ commands, kinds, choices }: Completions): string {
  const cases = commands.map(({ name, flags }) => `    ${name}) flags="${flags.join(" ")}" ;;`);
  const values = [...choices].map(
    ([flag, each]) => `    ${flag}) COMPREPLY=($(compgen -W "${each.join(" ")}" -- "$current")); return ;;`,
  );
  return [
    "_knap() {",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell script
    '  local current="${COMP_WORDS[COMP_CWORD]}" verb="${COMP_WORDS[1]}" flags=""',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")}" -- "$current")); return`,
    "  fi",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell script
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    ...values,
    "  esac",
    '  case "$verb" in',
    ...cases,
    "  esac",
    '  case "$current" in',
    '    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;',
    `    *) case "$verb" in ${KIND_VERBS}) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "${kinds.join(" ")}" -- "$current")) ;; esac`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell script
    '       [ "${#COMPREPLY[@]}" -eq 0 ] && COMPREPLY=($(compgen -f -- "$current")) ;;',
    "  esac",
    "}",
    "complete -o filenames -F _knap knap",
  ].join("\n");
}

function zsh(completions: Completions): string {
  return ["#compdef knap", "autoload -U +X bashcompinit && bashcompinit", bash(completions)].join("\n");
}

function fish({ commands, kinds, choices }: Completions): string {
  const quote = (text: string) => `'${text.replace(/'/g, "\\'")}'`;
  const valuesOf = (flag: string): string => {
    const values = choices.get(flag);
    return values === undefined ? "" : ` -x -a ${quote(values.join(" "))}`;
  };
  return [
    ...commands.map(({ name, text }) => `complete -c knap -n __fish_use_subcommand -a ${name} -d ${quote(text)}`),
    ...commands.flatMap(({ name, flags }) =>
      flags
        .filter((flag) => flag.startsWith("--"))
        .map(
          (flag) => `complete -c knap -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}${valuesOf(flag)}`,
        ),
    ),
    `complete -c knap -n '__fish_seen_subcommand_from ${KIND_VERBS.replaceAll("|", " ")}' -a ${quote(kinds.join(" "))}`,
  ].join("\n");
}

const SHELLS: ReadonlyMap<string, (completions: Completions) => string> = new Map(Object.entries({ bash, zsh, fish }));

/** Makes the command, which reads the command tree. */
export function completionScript(program: Command): CommandBody<object> {
  return async ([shell = ""], _flags, terminal) => {
    terminal.print(SHELLS.get(shell)?.(completionsOf(program)) ?? "");
    return exitCodes.ok;
  };
}
