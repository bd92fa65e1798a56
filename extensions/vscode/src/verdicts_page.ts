/** The page that says what became of the suggestions, as HTML. What the writer or the model wrote is escaped. */
import { escape, htmlPage, lookAgainButton, plural } from "./page.ts";
import { afterwards, fateInWords, howKnown, oneLine } from "./verdict_words.ts";
import type { Figures, Recent, Table, Verdicts } from "./verdicts.ts";

const style = `
  h2 { font-weight: 400; margin-top: 2rem; } tbody th { padding-top: 0.9rem; }
  dl.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 0.6rem; }
  dt { color: var(--vscode-descriptionForeground); } dd { margin: 0; font-size: 1.6em; }
  td mark { color: inherit; background: none; border-bottom: 1px solid var(--vscode-ownhand-fromOwnhand, currentColor); }
  td.when { white-space: nowrap; color: var(--vscode-descriptionForeground); } td.fate { width: 40%; }
  td.context { font-family: var(--vscode-editor-font-family); }`;

/** How many characters of the paragraph before a suggestion are shown with it. */
const context = 60;

export function verdictsPage(folder: string, verdicts: Verdicts | undefined, nonce: string): string {
  return htmlPage(`What became of the suggestions in ${folder}`, body(verdicts), nonce, style);
}

function body(verdicts: Verdicts | undefined): string {
  if (verdicts === undefined) return `<p>Ownhand isn't running, so there is nothing to show yet.</p>${lookAgainButton}`;
  const { all, tables, recent, sentence } = verdicts;
  if (all.offered === 0 && recent.length === 0) return `${nothingYet(sentence)}${lookAgainButton}`;
  return `<p>${escape(summary(all))} ${escape(sentence)}</p>${figures(all)}
${kinds(tables)}${recents(recent)}${lookAgainButton}`;
}

function nothingYet(sentence: string): string {
  const why = sentence || "Ownhand has suggested nothing in this folder yet.";
  return `<p>${escape(why)}</p>
<p>Open one of your texts, put the cursor where it should go on, and press <b>Ctrl+Shift+Space</b> (on a Mac
<b>Cmd+Shift+Space</b>). Take the suggestion, put it away, or write on; then look here again.</p>`;
}

function summary({ shown, accepted, partial, rate }: Figures): string {
  if (shown === 0) return "You have seen no suggestion yet.";
  const share = rate === undefined ? "" : `, ${percent(rate)} of them`;
  return `You saw ${plural(shown, "suggestion")} and took ${(accepted + partial).toLocaleString("en")}${share}.`;
}

function figures(all: Figures): string {
  const shares: readonly (readonly [string, string])[] = [
    ["offered", count(all.offered)],
    ["seen", count(all.shown)],
    ["taken", count(all.accepted)],
    ["taken in part", count(all.partial)],
    ["typed yourself", count(all.typedThrough)],
    ["written otherwise", count(all.typedPast)],
    ["put away", count(all.dismissed)],
    ["not yours", count(all.rejected)],
    ["kept at five minutes", kept(all)],
    ["keystrokes saved", count(all.keystrokesSaved)],
  ];
  return `<dl class="figures">${shares.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>
<p><small>Offered but not seen: ${count(all.unseen)}; you had written on before. Keystrokes saved are the characters
that you took, less the keys for it and what you deleted of them within half a minute.</small></p>`;
}

const columns = ["offered", "seen", "taken", "in part", "share taken", "kept at five minutes", "keystrokes saved"];

/** One table, so that all numbers of a kind stand below each other. */
function kinds(tables: readonly Table[]): string {
  const head = columns.map((name) => `<th class="number">${name}</th>`).join("");
  return `<table class="kinds"><thead><tr><th></th>${head}</tr></thead>
${tables.map(kind).join("\n")}</table>`;
}

function kind({ heading, rows }: Table): string {
  if (rows.length === 0) return "";
  return `<tbody><tr><th colspan="${columns.length + 1}">${heading}</th></tr>${rows.map(row).join("\n")}</tbody>`;
}

function row({ name, figures }: Table["rows"][number]): string {
  const rate = figures.rate === undefined ? "" : percent(figures.rate);
  const { offered, shown, accepted, partial, keystrokesSaved } = figures;
  const numbers = [count(offered), count(shown), count(accepted), count(partial), rate, kept(figures), count(keystrokesSaved)];
  return `<tr><td>${escape(name)}</td>${numbers.map((cell) => `<td class="number">${cell}</td>`).join("")}</tr>`;
}

function recents(recent: readonly Recent[]): string {
  if (recent.length === 0) return "";
  return `<h2>The last ones</h2>
<table class="recent"><thead><tr><th>When</th><th>Suggestion</th><th>What became of it</th></tr></thead>
<tbody>${recent.map(recentRow).join("\n")}</tbody></table>`;
}

function recentRow(one: Recent): string {
  const remarks = [howKnown(one), afterwards(one), one.model].filter((remark) => remark !== "");
  return `<tr><td class="when">${when(one.at)}</td><td class="context">${inContext(one)}</td>
<td class="fate">${escape(fateInWords(one))}<small>${escape(remarks.join(" · "))}</small></td></tr>`;
}

function inContext({ before, text }: Recent): string {
  if (text === "") return "<small>The words are not kept.</small>";
  const paragraph = before.split(/\n\s*\n/).at(-1) ?? "";
  const flat = oneLine(paragraph);
  const short = flat.length > context ? `…${flat.slice(-context)}` : flat;
  const space = /^\s*\n/.test(text) ? " / " : /^\s/.test(text) ? " " : "";
  return `${escape(short)}${space}<mark>${escape(oneLine(text))}</mark>`;
}

/** The time in the reader's own zone, "" when the server gave none. */
function when(at: number): string {
  if (at <= 0) return "";
  const options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  return new Date(at * 1000).toLocaleString("en-GB", options);
}

function kept({ kept, looked }: Figures): string {
  return looked === 0 ? "–" : `${count(kept)} of ${count(looked)}`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
