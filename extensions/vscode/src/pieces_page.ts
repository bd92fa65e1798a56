/** The page of pieces as HTML. Titles and paths are the writer's and are escaped. */
import { isFromElsewhere, type Corpus, type Piece } from "./corpus.ts";
import { escape, htmlPage, lookAgainButton, plural } from "./page.ts";

/** `commands`: those that the server knows. A button stands only for one of them. */
export function piecesPage(folder: string, corpus: Corpus | undefined, commands: readonly string[], nonce: string): string {
  return htmlPage(`Pieces of ${folder}`, body(corpus, commands), nonce);
}

function body(corpus: Corpus | undefined, commands: readonly string[]): string {
  if (corpus === undefined) return `<p>Ownhand isn't running, so there is nothing to show yet.</p>${lookAgainButton}`;
  if (corpus.pieces.length === 0) {
    const sentence = corpus.sentence || "Ownhand knows no piece in this folder.";
    return `<p>${escape(sentence)}</p>${elsewhere(corpus, commands)}${passedOver(corpus, commands)}${lookAgainButton}`;
  }
  const verse = corpus.pieces.filter(({ form }) => form === "verse").length;
  const count = `${plural(corpus.pieces.length, "piece")} (${verse} in verse), ${plural(corpus.words, "word")} of yours.`;
  return `<p>${count} ${escape(corpus.sentence)}</p>
<p>Ownhand learns only from what is yours. Say so where it is unsure or wrong.</p>
<table><thead><tr><th>Piece</th><th>Form</th><th class="number">Words</th><th>Whose</th></tr></thead>
<tbody>${corpus.pieces.map((piece) => row(piece, commands)).join("\n")}</tbody></table>
${elsewhere(corpus, commands)}${passedOver(corpus, commands)}${lookAgainButton}`;
}

function row(piece: Piece, commands: readonly string[]): string {
  const id = escape(piece.id);
  return `<tr><td><button class="link" data-action="show" data-id="${id}">${escape(piece.title)}</button>
<small>${escape(remark(piece))} ${takeOut(piece, commands)}</small></td><td>${escape(piece.form)}</td>
<td class="number">${piece.words.toLocaleString("en")}</td><td class="answer">${whose(piece, commands.includes("ownhand.mine"))}</td></tr>`;
}

function remark(piece: Piece): string {
  const remarks = [piece.path];
  if (piece.copyOf !== undefined) remarks.push("an older draft, counted once");
  if (piece.heldOut !== undefined) remarks.push("kept aside, to test what was learnt");
  return remarks.join(" · ");
}

function whose(piece: Piece, canAnswer: boolean): string {
  if (!canAnswer) return escape(piece.mine === "question" ? "mine?" : piece.mine);
  const id = escape(piece.id);
  return ["mine", "not mine"]
    .map((answer) => `<button data-action="${answer}" data-id="${id}" aria-pressed="${String(piece.mine === answer)}">${answer}</button>`)
    .join(" ");
}

function elsewhere({ learns }: Corpus, commands: readonly string[]): string {
  if (!learns || !commands.includes("ownhand.addSamples")) return "";
  return `<p><button data-action="add">Add a text from elsewhere…</button>
<small>A text of yours that lies outside of this folder. It stays where it is, and Ownhand learns from it too.</small></p>`;
}

function takeOut(file: { readonly path: string }, commands: readonly string[]): string {
  if (!isFromElsewhere(file) || !commands.includes("ownhand.removeSamples")) return "";
  const what = "Ownhand forgets this text. The file stays where it is.";
  return `<button class="link" data-action="take out" data-id="${escape(file.path)}" title="${what}">take out</button>`;
}

function passedOver({ skipped }: Corpus, commands: readonly string[]): string {
  if (skipped.length === 0) return "";
  const items = skipped.map((file) => `<li>${escape(file.path)}: ${escape(file.reason)} ${takeOut(file, commands)}</li>`);
  return `<details><summary>${plural(skipped.length, "file")} passed over</summary><ul>${items.join("")}</ul></details>`;
}
