/** The page that shows, side by side, how a text goes on: as HTML. What the writer or the model wrote is escaped. */
import { escape, htmlPage } from "./page.ts";
import type { Place, Reveal, Told } from "./reveal.ts";

const style = `
  body { max-width: 74rem; } fieldset { border: none; padding: 0; margin: 2.2rem 0 0; min-width: 0; }
  legend, h2 { font-size: 1.15em; font-weight: 400; padding: 0; } section { margin-top: 2.2rem; }
  .before, .text { font-family: var(--vscode-editor-font-family); line-height: 1.6; white-space: pre-wrap; overflow-wrap: anywhere; }
  .before { color: var(--vscode-descriptionForeground); margin: 0.6rem 0 0.8rem; }
  .three { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 0.8rem; align-items: stretch; }
  .one { display: flex; gap: 0.6rem; padding: 0.7rem 0.9rem; border: 1px solid var(--vscode-widget-border, #8884);
         border-radius: 4px; align-items: baseline; }
  label.one { cursor: pointer; } .one input { accent-color: var(--vscode-button-background); margin: 0; flex: none; }
  .one:has(:checked), .one.chosen { border-color: var(--vscode-focusBorder); background: var(--vscode-list-hoverBackground); }
  .one:has(:focus-visible) { outline: 2px solid var(--vscode-focusBorder); outline-offset: 1px; } .one input:focus { outline: none; }
  .whose { font-weight: 600; display: block; margin-bottom: 0.3rem; } .whose small { display: inline; font-weight: 400; margin-left: 0.5em; }
  .told { font-size: 1.15em; } .end { margin: 2rem 0; display: flex; gap: 0.7rem; flex-wrap: wrap; }
  .end button { padding: 0.35rem 1rem; } button.first { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }`;

/** What the three texts at a place are called once that is told. */
const names: Readonly<Record<string, string>> = {
  yours: "Yours",
  before: "Before it learned",
  "with your voice": "With your voice",
};

/** The question. */
export function blindPage({ places }: Reveal, nonce: string): string {
  const body = `<p>Below are ${places.length === 1 ? "a place" : `${places.length} places`} in pages of yours that Ownhand never learned from. After each, the text goes on
in three ways: as you wrote it, as the model wrote before it learned, and as it writes now. They stand in no order.</p>
<p><b>Choose at each place the one that sounds most like you.</b> Then you are told whose they are, and you decide
whether your voice writes from now on.</p>
<form>${places.map(blindPlace).join("\n")}
<p class="end"><button class="first" data-action="choose">Tell me whose they are</button></p></form>`;
  return htmlPage("Which one is you?", body, nonce, style);
}

function blindPlace(place: Place, number: number): string {
  const texts = place.texts.map(
    (text, index) => `<label class="one"><input type="radio" name="${number}" value="${index}" required
${number === 0 && index === 0 ? "autofocus" : ""}><span class="text">${escape(trimmed(text))}</span></label>`,
  );
  return `<fieldset><legend>${heading(place, number)}</legend>${before(place)}<div class="three">${texts.join("\n")}</div></fieldset>`;
}

/** The answer. `decided`: what came of the writer's decision, once there is one. */
export function toldPage({ places }: Reveal, told: Told, decided: string | undefined, nonce: string): string {
  const end =
    decided === undefined
      ? `<p class="end"><button class="first" data-action="use" autofocus>Use it</button><button data-action="not yet">Not yet</button></p>
<p><small>“Use it”: suggestions come in your voice from now on; the menu takes that back at any time. “Not yet”: all stays
as it was, and the voice is kept.</small></p>`
      : `<p class="told" role="status">${escape(decided)}</p>
<p class="end"><button data-action="report" autofocus>What was learned, and how it was proved</button></p>`;
  const body = `<p class="told">${escape(told.sentence)}</p>${end}
${places.map((place, number) => toldPlace(place, number, told)).join("\n")}`;
  return htmlPage("Whose they are", body, nonce, style);
}

function toldPlace(place: Place, number: number, { labels, chosen }: Told): string {
  const texts = place.texts.map((text, index) => {
    const label = labels[number]?.[index] ?? "";
    const yours = chosen[number] === index;
    return `<div class="one${yours ? " chosen" : ""}"><span><span class="whose">${escape(names[label] ?? label)}${
      yours ? "<small>you chose this one</small>" : ""
    }</span><span class="text">${escape(trimmed(text))}</span></span></div>`;
  });
  return `<section><h2>${heading(place, number)}</h2>${before(place)}<div class="three">${texts.join("\n")}</div></section>`;
}

function heading({ title }: Place, number: number): string {
  return `${number + 1}. ${escape(title)}`;
}

function before({ before: text }: Place): string {
  return `<p class="before">${escape(text.trimEnd())}</p>`;
}

/** Line ends around a text would be empty rows; an indent at its start belongs to it. */
function trimmed(text: string): string {
  return text.replace(/^(?:[ \t]*\r?\n)+/, "").replace(/^ (?! )/, "").trimEnd();
}
