// `npm run reference`: writes docs/testing-reference.md, the API reference of knap/testing, from the docstrings of its
// entry point. It only parses the sources: types appear as they are written.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const ENTRY = join(root, "src/testing/index.ts");
export const REFERENCE = join(root, "docs/testing-reference.md");

const HEAD = `# Reference of \`knap/testing\`

Made from the docstrings by \`npm run reference\`. The guide is \`docs/testing.md\`.
`;

function parse(path) {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
}

/** Returns the names that the entry point exports, with their files, in order of appearance. */
function exportsOf(entry) {
  return entry.statements.filter(ts.isExportDeclaration).flatMap(({ moduleSpecifier, exportClause }) => {
    const path = join(dirname(ENTRY), moduleSpecifier.text);
    return exportClause.elements.map(({ name }) => ({ name: name.text, path }));
  });
}

/** Returns the docstring as one line of Markdown. */
function docOf(node) {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(doc?.comment) ?? "";
  const plain = text.replace(/\{@link ([^}]+)\}/g, "`$1`");
  return plain.replace(/\s+/g, " ").trim();
}

const typeText = (node) =>
  (node?.getText() ?? "")
    .replace(/\s+/g, " ")
    .replace(/\breadonly /g, "")
    .trim();

/** Returns `name(a: A, b?: B): R`. A parameter with a default is optional. */
function signatureOf(node, name) {
  const parameters = node.parameters.map((parameter) => {
    const isOptional = parameter.questionToken || parameter.initializer;
    const shown = ts.isIdentifier(parameter.name) ? parameter.name.text : "options";
    const type = parameter.type ? typeText(parameter.type) : ts.isStringLiteral(parameter.initializer) ? "string" : "";
    return `${shown}${isOptional ? "?" : ""}${type === "" ? "" : `: ${type}`}`;
  });
  return `${name}(${parameters.join(", ")}): ${typeText(node.type)}`;
}

function isPublic(member) {
  const hidden = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private;
  const isInternal = ts.getJSDocTags(member).some(({ tagName }) => tagName.text === "internal");
  return !hidden && !isInternal && member.name !== undefined && ts.isIdentifier(member.name);
}

/** Returns the lines of one member of a class or interface. */
function memberLines(member) {
  const name = member.name.getText();
  const isCall = ts.isMethodDeclaration(member) || ts.isMethodSignature(member);
  const mark = member.questionToken ? "?" : "";
  const shown = isCall ? signatureOf(member, name) : `${name}${mark}: ${typeText(member.type)}`;
  const doc = docOf(member);
  return `- \`${shown}\`${doc === "" ? "" : `  \n  ${doc}`}`;
}

function sectionOf(node, name) {
  const doc = docOf(node);
  const head = (kind) => [`## ${name}`, ...(kind === "" ? [] : [kind]), ...(doc === "" ? [] : [doc])];
  if (ts.isFunctionDeclaration(node)) return head(`\`${signatureOf(node, name)}\``);
  if (ts.isTypeAliasDeclaration(node)) return head(`\`${typeText(node.type)}\``);
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => `\`${type.getText()}\``));
  const members = node.members.filter(isPublic).map(memberLines);
  return [...head(bases.length > 0 ? `Extends ${bases.join(", ")}.` : ""), members.join("\n")];
}

/** Returns the text of the reference. */
export function makeReference() {
  const files = new Map();
  const sections = exportsOf(parse(ENTRY)).map(({ name, path }) => {
    const file = files.get(path) ?? parse(path);
    files.set(path, file);
    const node = file.statements.find((statement) => statement.name?.text === name);
    if (node === undefined) throw new Error(`${path} does not declare ${name}`);
    return { name, text: sectionOf(node, name).join("\n\n") };
  });
  // First what a test calls, then the types of options and answers.
  const first = ["createHarness", "Harness", "ServiceUnderTest", "HarnessOptions"];
  const rank = ({ name }) => (first.includes(name) ? first.indexOf(name) : first.length);
  return `${[HEAD.trimEnd(), ...sections.sort((a, b) => rank(a) - rank(b)).map(({ text }) => text)].join("\n\n")}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(REFERENCE, makeReference());
}
