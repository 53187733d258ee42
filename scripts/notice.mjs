// Writes dist/NOTICE: names, versions and licence texts of the packages that the bundle contains.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Matches a path in node_modules up to and including the package's name. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENCE = /^(licen[cs]e|copying|notice)/i;

/** `inputs`: the paths of all bundled files, relative to `root`. */
export function writeNotice(root, inputs, file) {
  const folders = [...new Set(inputs.flatMap((path) => PACKAGE.exec(path)?.[0] ?? []))];
  const notices = folders.map((folder) => noticeOf(join(root, folder)));
  const heading = "knap contains the following packages. Each is under its own licence.\n";
  writeFileSync(file, [heading, ...new Set(notices.sort())].join(`\n${"-".repeat(80)}\n\n`));
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((entry) => LICENCE.test(entry))
    .map((entry) => readFileSync(join(folder, entry), "utf8").trim());
  return [`${name} ${version} (${license ?? "see its text"})`, ...texts].join("\n\n").concat("\n");
}
