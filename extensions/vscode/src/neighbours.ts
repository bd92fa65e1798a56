/** What else writes into the same place: other extensions' ghost text, and VS Code's own word popups. */
import * as vscode from "vscode";

interface Neighbour {
  readonly id: string;
  readonly name: string;
  /** The setting that switches its ghost text off for text; without one, the writer is shown the extension. */
  readonly off?: { readonly key: string; readonly value: unknown };
}

const neighbours: readonly Neighbour[] = [
  copilot("GitHub.copilot"),
  copilot("GitHub.copilot-chat"),
  { id: "Continue.continue", name: "Continue", off: { key: "continue.enableTabAutocomplete", value: false } },
  { id: "ggml-org.llama-vscode", name: "llama.vscode", off: { key: "llama-vscode.enabled", value: false } },
  { id: "TabbyML.vscode-tabby", name: "Tabby", off: { key: "tabby.inlineCompletion.triggerMode", value: "manual" } },
  { id: "Codeium.codeium", name: "Windsurf", off: { key: "codeium.enableConfig", value: { "*": false } } },
  { id: "TabNine.tabnine-vscode", name: "Tabnine" },
  { id: "Supermaven.supermaven", name: "Supermaven" },
  { id: "sourcegraph.cody-ai", name: "Cody", off: { key: "cody.autocomplete.enabled", value: false } },
  { id: "sourcegraph.amp", name: "Amp" },
  { id: "AmazonWebServices.amazon-q-vscode", name: "Amazon Q" },
  { id: "Google.geminicodeassist", name: "Gemini Code Assist" },
  { id: "VisualStudioExptTeam.vscodeintellicode-completions", name: "IntelliCode Completions" },
];

function copilot(id: string): Neighbour {
  const value = { "*": false, markdown: false, plaintext: false };
  return { id, name: "GitHub Copilot", off: { key: "github.copilot.enable", value } };
}

/** Ask once per folder about each thing that is in the way. */
export class Neighbours {
  private readonly memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.memory = memory;
  }

  /** Call when a suggestion was to be shown in `document`: only then does anything stand in its way. */
  async meet(document: vscode.TextDocument): Promise<void> {
    if (vscode.workspace.workspaceFolders === undefined || document.uri.scheme !== "file") return;
    const [active] = activeNeighbours();
    if (active !== undefined) await this.once(active.id, () => offerToSwitchOff(active));
    if (document.languageId === "plaintext" && hasWordPopups(document)) await this.once("popups", offerNoPopups);
  }

  private async once(what: string, ask: () => Promise<void>): Promise<void> {
    const key = `asked:${what}`;
    if (this.memory.get<boolean>(key) === true) return;
    await this.memory.update(key, true);
    await ask();
  }
}

/** Extensions known to show ghost text, active now and not switched off for text by their own setting. */
export function activeNeighbours(): Neighbour[] {
  const active = neighbours.filter(({ id }) => vscode.extensions.getExtension(id)?.isActive === true);
  return active.filter(({ off }) => off === undefined || !alreadyOff(off.key, off.value));
}

function alreadyOff(key: string, value: unknown): boolean {
  return JSON.stringify(vscode.workspace.getConfiguration().get(key)) === JSON.stringify(value);
}

async function offerToSwitchOff({ id, name, off }: Neighbour): Promise<void> {
  const sentence = `${name} also suggests text as you type, and the two would get in each other's way.`;
  const button = off === undefined ? `Show ${name}` : "Switch it off in this folder";
  const pressed = await vscode.window.showInformationMessage(sentence, button, "Leave it on");
  if (pressed !== button) return;
  if (off === undefined) await vscode.commands.executeCommand("workbench.extensions.action.showExtensionsWithIds", [id]);
  else await vscode.workspace.getConfiguration().update(off.key, off.value, vscode.ConfigurationTarget.Workspace);
}

/** Newer versions of VS Code open no list by themselves where ghost text is offered ("offWhenInlineCompletions"). */
function hasWordPopups(document: vscode.TextDocument): boolean {
  const quick = vscode.workspace.getConfiguration("editor", document).get<boolean | { other?: unknown }>("quickSuggestions");
  const other = typeof quick === "object" ? quick.other : quick;
  return other === true || other === "on";
}

async function offerNoPopups(): Promise<void> {
  const sentence = "VS Code's lists of words open while you write plain text, and hide Ownhand's suggestions.";
  const button = "Switch them off in this folder";
  const pressed = await vscode.window.showInformationMessage(sentence, button, "Leave them on");
  if (pressed !== button) return;
  await vscode.workspace
    .getConfiguration("editor", { languageId: "plaintext" })
    .update("quickSuggestions", { other: "off", comments: "off", strings: "off" }, vscode.ConfigurationTarget.Workspace, true);
}
