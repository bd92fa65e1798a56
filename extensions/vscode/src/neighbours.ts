/** What else writes into the same place: other extensions' ghost text, and VS Code's own word popups. */
import * as vscode from "vscode";

import { mightSuggest, neighbours, type Manifest, type Neighbour, type Switch } from "./neighbour_list.ts";

/** Ask once per folder about each thing that is in the way. */
export class Neighbours {
  private readonly memory: vscode.Memento;
  private wasMet = false;

  constructor(memory: vscode.Memento) {
    this.memory = memory;
  }

  /** Call when a suggestion was to be shown in `document`: only then does anything stand in its way. */
  async meet(document: vscode.TextDocument): Promise<void> {
    if (vscode.workspace.workspaceFolders === undefined || document.uri.scheme !== "file") return;
    const next = active(document).find(({ name }) => !this.wasAsked(name));
    if (next !== undefined) await this.once(next.name, () => offerToSwitchOff(next, document));
    else if (document.languageId === "plaintext" && hasWordPopups(document)) await this.once("popups", offerNoPopups);
  }

  /** Text came out of a suggestion that was not Ownhand's. */
  met(): void {
    this.wasMet = true;
  }

  /** May visible ghost text in this document be another extension's? VS Code tells nobody whose it shows. */
  mayBeSeen(document: vscode.TextDocument): boolean {
    return this.wasMet || active(document).length > 0 || vscode.extensions.all.some(unknownOne);
  }

  private wasAsked(what: string): boolean {
    return this.memory.get<boolean>(`asked:${what}`) === true;
  }

  private async once(what: string, ask: () => Promise<void>): Promise<void> {
    if (this.wasAsked(what)) return;
    await this.memory.update(`asked:${what}`, true);
    await ask();
  }
}

/** Extensions known to show ghost text, active now and not switched off for this document by their own setting. */
function active(document: vscode.TextDocument): Neighbour[] {
  return neighbours
    .filter(({ ids }) => ids.some((id) => vscode.extensions.getExtension(id)?.isActive === true))
    .filter((one) => one.switch?.isOff(current(one.switch, document), document.languageId) !== true);
}

const knownIds = new Set(["ownhand.ownhand", ...neighbours.flatMap(({ ids }) => ids)].map((id) => id.toLowerCase()));

function unknownOne({ id, isActive, packageJSON }: vscode.Extension<unknown>): boolean {
  return isActive && !knownIds.has(id.toLowerCase()) && mightSuggest(packageJSON as Manifest);
}

function current({ key }: Switch, document: vscode.TextDocument): unknown {
  return vscode.workspace.getConfiguration(undefined, document).get(key);
}

async function offerToSwitchOff(neighbour: Neighbour, document: vscode.TextDocument): Promise<void> {
  const { name, ids } = neighbour;
  const sentence = `${name} also suggests text as you type, and the two would get in each other's way.`;
  const button = neighbour.switch === undefined ? `Show ${name}` : "Switch it off in this folder";
  const pressed = await vscode.window.showInformationMessage(sentence, button, "Leave it on");
  if (pressed !== button) return;
  if (neighbour.switch !== undefined && (await switchedOff(neighbour.switch, document))) return;
  await vscode.commands.executeCommand("workbench.extensions.action.showExtensionsWithIds", ids);
}

/** False when this version of the extension doesn't know the setting, or the folder's settings can't be written. */
async function switchedOff(its: Switch, document: vscode.TextDocument): Promise<boolean> {
  const value = its.off(current(its, document), document.languageId);
  return vscode.workspace
    .getConfiguration()
    .update(its.key, value, vscode.ConfigurationTarget.Workspace)
    .then(
      () => true,
      () => false,
    );
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
