// The package's API reference, made from its types: pkg/API.md. Every exported item has to have a sentence.
//
//   node tests/browser/api-reference.mjs        writes it
//
// Nothing is interpreted: a signature is printed as the type file has it, and a comment as it stands there.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { PACKAGE } from "./package-project.mjs";

export const REFERENCE = join(PACKAGE, "API.md");
const { name: NAME, exports: EXPORTS } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8"));

/** What is wrong with the types, as far as the reference is concerned: items without a sentence. */
export const wanting = [];

/** The whole reference. */
export async function reference() {
  wanting.length = 0;
  const parts = [
    "# API reference",
    "",
    `Made from the types of \`${NAME}\` by \`tests/browser/api-reference.mjs\`; what a page does with it is in the README.`,
  ];
  for (const [path, { types } = {}] of Object.entries(EXPORTS)) {
    if (!types) continue;
    const text = await readFile(join(PACKAGE, types), "utf8");
    const source = ts.createSourceFile(types, text, ts.ScriptTarget.Latest, true);
    parts.push("", `## \`${join(NAME, path)}\``, ...source.statements.flatMap((statement) => item(statement, source)));
  }
  return `${parts.join("\n")}\n`;
}

const isExported = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

/** One exported item; a block of globals is one too. */
function item(node, source) {
  // What is added to another package's types is made of items of our own.
  if (ts.isModuleDeclaration(node)) return ts.isStringLiteral(node.name) ? [] : globals(node, source);
  if (!isExported(node)) return [];
  const name = node.name.text;
  const said = comment(node);
  if (!said) wanting.push(`${source.fileName}: ${name}`);
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) {
    const heritage = node.heritageClauses?.map((clause) => clause.getText(source)).join(" ");
    const kind = ts.isClassDeclaration(node) ? "class" : "interface";
    const parameters = node.typeParameters ? `<${node.typeParameters.map((one) => one.getText(source)).join(", ")}>` : "";
    const head = [kind, `${name}${parameters}`, heritage].filter(Boolean).join(" ");
    return ["", `### \`${name}\``, "", `\`${head}\``, "", said, "", ...node.members.flatMap((member) => memberLine(member, source))];
  }
  return ["", `### \`${name}\``, "", said, "", "```ts", signature(node, source), "```"];
}

function globals(node, source) {
  const rows = node.body.statements.flatMap((statement) => [
    "", `### \`${statement.name.text}\``, "", comment(statement) || "The elements by their names.", "",
    ...statement.members.flatMap((member) => memberLine(member, source)),
  ]);
  return rows;
}

/** A member with its comment beside it; one whose parts have comments of their own is printed with them. */
function memberLine(member, source) {
  const text = signature(member, source);
  const said = comment(member).replaceAll("\n", " ");
  if (text.includes("\n")) return [`- ${said || "The following."}`, "", "  ```ts", ...text.split("\n").map((line) => `  ${line}`), "  ```", ""];
  return [`- \`${text}\`${said ? `: ${said}` : ""}`];
}

/** The text without its own comment, `export` and `declare`, moved to the left. */
function signature(node, source) {
  const text = node.getText(source).replace(/^export /, "").replace(/^declare /, "").replace(/;$/, "");
  const lines = text.split("\n");
  const indent = Math.min(...lines.slice(1).filter((line) => line.trim()).map((line) => line.match(/^ */)[0].length), Infinity);
  return [lines[0], ...lines.slice(1).map((line) => line.slice(Number.isFinite(indent) ? indent : 0))].join("\n");
}

function comment(node) {
  const written = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment;
  return (typeof written === "string" ? written : ts.getTextOfJSDocComment(written) ?? "").trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(REFERENCE, await reference());
  if (wanting.length > 0) console.error(`without a sentence:\n${wanting.join("\n")}`);
}
