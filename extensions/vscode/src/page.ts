/** What every page of ours has in common: its frame, where only the one script may run, and how text gets into it. */

const style = `
  body { font-family: var(--vscode-font-family); color: var(--vscode-foreground); padding: 1rem 2rem; max-width: 62rem; }
  h1 { font-weight: 400; } p { line-height: 1.5; }
  table { border-collapse: collapse; width: 100%; }
  th { text-align: left; font-weight: 600; color: var(--vscode-descriptionForeground); }
  th, td { padding: 0.35rem 0.8rem 0.35rem 0; border-bottom: 1px solid var(--vscode-widget-border, #8884); vertical-align: baseline; }
  td.number, th.number { text-align: right; } td.answer { white-space: nowrap; }
  small { color: var(--vscode-descriptionForeground); display: block; }
  button { font: inherit; color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground);
           border: 1px solid transparent; border-radius: 3px; padding: 0.15rem 0.6rem; cursor: pointer; }
  button[aria-pressed="true"] { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
  button:focus-visible { outline: 1px solid var(--vscode-focusBorder); }
  button.link { background: none; color: var(--vscode-textLink-foreground); padding: 0; text-align: left; }`;

/** A pressed button is told to the extension as its data-action and data-id, with what its form says when that is whole. */
const script = `
  const host = acquireVsCodeApi();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    if (button.form && !button.form.reportValidity()) return;
    const form = button.form ? Object.fromEntries(new FormData(button.form)) : undefined;
    host.postMessage({ action: button.dataset.action, id: button.dataset.id, form });
  });
  const first = document.querySelector("[autofocus]");
  if (first) setTimeout(() => {
    window.focus(); // VS Code leaves the keys with the tab, and the tab doesn't hand them on.
    first.focus();
    window.scrollTo(0, 0); // It also scrolls to where the page before stood.
  }, 50);`;

export const lookAgainButton = `<p><button data-action="reload">Look again</button></p>`;

/** `title` is plain text, `body` HTML, `more` style that only this page needs. */
export function htmlPage(title: string, body: string, nonce: string, more = ""): string {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}"><title>${escape(title)}</title>
<style nonce="${nonce}">${style}${more}</style></head>
<body><h1>${escape(title)}</h1>${body}
<script nonce="${nonce}">${script}</script></body></html>`;
}

export function plural(count: number, thing: string): string {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
