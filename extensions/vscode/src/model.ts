/** Picking the model that writes the suggestions: a list in plain words, and the way to a better one. */
import * as vscode from "vscode";

import { readModels, type ListedModel, type ModelList } from "./model_list.ts";
import type { Server } from "./server.ts";
import type { StatusBar } from "./status.ts";

interface Choice extends vscode.QuickPickItem {
  /** Absent: how to get a better one. */
  readonly model?: ListedModel;
}

export async function chooseModel(server: Server, status: StatusBar): Promise<void> {
  if (server.current.state !== "running") {
    await sayWhyNot(server);
    return;
  }
  const answer = await status.during("Ownhand is looking for models.", () => server.execute("ownhand.models"));
  const list = readModels(answer);
  if (list === undefined) {
    void vscode.window.showWarningMessage("Ownhand could not list the models; its log says why (Ownhand: Show the Log).");
    return;
  }
  const picked = await vscode.window.showQuickPick(choices(list), {
    title: "Ownhand: the model that writes the suggestions",
    placeHolder: list.sentence || "Choose a model",
    matchOnDescription: true,
  });
  if (picked === undefined) return;
  await (picked.model === undefined ? showTheWay(list) : take(picked.model));
}

async function sayWhyNot(server: Server): Promise<void> {
  const life = server.current;
  const [sentence, button, command] =
    life.state === "needs set-up"
      ? ["Ownhand can list models once it is set up on this computer.", "Set up…", "ownhand.ui.setUp"]
      : life.state === "stopped"
        ? [`${life.why} Start it again to choose a model.`, "Start again", "ownhand.ui.start"]
        : ["Ownhand is starting; choose the model in a moment.", "Choose", "ownhand.ui.model"];
  const pressed = await vscode.window.showInformationMessage(sentence, button);
  if (pressed !== undefined) await vscode.commands.executeCommand(command);
}

function choices({ models, better }: ModelList): Choice[] {
  const suitable = models.filter((model) => model.suitable);
  const others = models.filter((model) => !model.suitable);
  const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [
    ...suitable.map(choice),
    ...(others.length > 0 ? [separator("left out")] : []),
    ...others.map(choice),
    ...(better === "" ? [] : [separator(""), { label: "$(lightbulb) How to get a better one…" }]),
  ];
}

function choice(model: ListedModel): Choice {
  const icon = model.current ? "check" : model.suitable ? "blank" : "circle-slash";
  const description = [model.size, model.current ? "chosen now" : ""].filter((part) => part !== "").join(" · ");
  return { label: `$(${icon}) ${model.name}`, description, detail: model.story, model };
}

/** Write the setting; the server hears of it and changes over by itself. */
async function take(model: ListedModel): Promise<void> {
  if (!model.suitable) {
    void vscode.window.showInformationMessage(`${model.name} can't write your suggestions. ${model.story}`);
    return;
  }
  try {
    const value = model.setting === "" ? undefined : model.setting;
    await vscode.workspace.getConfiguration("ownhand").update("model", value, vscode.ConfigurationTarget.Global);
  } catch {
    const sentence = `VS Code could not save the setting; write ownhand.model: "${model.setting}" into your settings.`;
    void vscode.window.showErrorMessage(sentence);
    return;
  }
  vscode.window.setStatusBarMessage(`From now on ${model.name} writes the suggestions.`, 5000);
}

async function showTheWay({ better, command }: ModelList): Promise<void> {
  const buttons = command === "" ? [] : ["Copy the command"];
  const pressed = await vscode.window.showInformationMessage(better, ...buttons);
  if (pressed === undefined) return;
  await vscode.env.clipboard.writeText(command);
  vscode.window.setStatusBarMessage("Copied. Paste it into a terminal.", 5000);
}
