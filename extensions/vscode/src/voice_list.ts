/** The list of voices: which one writes, when each was learned and why it may write, and what can be done. */
import * as vscode from "vscode";

import { isJson, text } from "./json.ts";
import { chooseFolder } from "./pieces.ts";
import type { Server } from "./server.ts";
import { readVoices, standing, voiceName, type LearnedVoice, type Voices } from "./voices.ts";

interface Choice extends vscode.QuickPickItem {
  readonly voice?: LearnedVoice;
  /** A command of the palette. */
  readonly run?: string;
}

export async function chooseVoice(server: Server): Promise<void> {
  const folder = (await chooseFolder())?.uri.toString();
  if (folder === undefined) return;
  const voices = readVoices(await server.execute("ownhand.voices", folder));
  if (voices === undefined || (voices.learned.length === 0 && voices.sentence !== "")) return;
  const picked = await vscode.window.showQuickPick(choices(voices), {
    title: "Ownhand: the voices learned from this folder",
    placeHolder: placeHolder(voices),
    matchOnDescription: true,
  });
  if (picked?.run !== undefined) await vscode.commands.executeCommand(picked.run);
  else if (picked?.voice !== undefined) await take(server, folder, picked.voice, voices);
}

function placeHolder({ learned, withoutVoice }: Voices): string {
  if (learned.length === 0) return "Nothing was learned from this folder yet.";
  if (withoutVoice) return "Suggestions come without your voice now.";
  return learned.some(({ active }) => active) ? "Choose the one that writes" : "None of them writes yet";
}

function choices(voices: Voices): Choice[] {
  const { learned, withoutVoice } = voices;
  const separator: Choice = { label: "", kind: vscode.QuickPickItemKind.Separator };
  const writes = learned.some(({ active }) => active);
  return [
    ...learned.map((voice) => choice(voice, voices)),
    separator,
    ...(learned.length === 0 ? [{ label: "$(mortar-board) Learn my hand", run: "ownhand.ui.train" }] : []),
    ...(writes ? [{ label: "$(discard) Back to what wrote before", run: "ownhand.ui.rollback" }] : []),
    ...(writes || withoutVoice
      ? [{ label: withoutVoice ? "$(person) Write with my voice again" : "$(circle-slash) Write without my voice", run: "ownhand.ui.withoutVoice" }]
      : []),
    ...(learned.length > 0 ? [{ label: "$(graph) What was learned, and how it was proved", run: "ownhand.ui.report" }] : []),
    { label: "$(trash) Forget everything about this folder…", run: "ownhand.ui.forget" },
  ];
}

function choice(voice: LearnedVoice, voices: Voices): Choice {
  const icon = voice.active ? "check" : "blank";
  const description = [standing(voice, voices), voice.model].filter((part) => part !== "").join(" · ");
  return { label: `$(${icon}) ${voiceName(voice)}`, description, detail: voice.why, voice };
}

async function take(server: Server, folder: string, voice: LearnedVoice, voices: Voices): Promise<void> {
  if (voice.active && !voices.withoutVoice) {
    vscode.window.setStatusBarMessage("That voice writes already.", 5000);
    return;
  }
  if (voice.id === voices.reveal) {
    await vscode.commands.executeCommand("ownhand.ui.reveal");
    return;
  }
  if (voice.decision !== "passed" && !(await wanted(voice))) return;
  if (voices.withoutVoice) await server.execute("ownhand.withoutVoice", folder, false);
  say(await server.execute("ownhand.activate", folder, voice.id));
}

async function wanted(voice: LearnedVoice): Promise<boolean> {
  const options = { modal: true, detail: voice.why };
  const button = "Use it all the same";
  return (await vscode.window.showWarningMessage("This voice did not pass its test.", options, button)) === button;
}

/** What the server answers beside a result is for the writer. What went wrong it has said already. */
export function say(answer: unknown): void {
  if (!isJson(answer) || Object.keys(answer).length < 2) return;
  const sentence = text(answer, "sentence");
  if (sentence !== "") vscode.window.setStatusBarMessage(sentence, 10_000);
}
