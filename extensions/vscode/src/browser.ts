/** All that Ownhand can do in a VS Code that runs in a browser alone: say so. */
import * as vscode from "vscode";

const sentence =
  "Ownhand runs a program on your own computer, and a VS Code that lives only in a browser can't start one. " +
  "Open your folder in VS Code on the desktop, and Ownhand will work there.";

export function activate(context: vscode.ExtensionContext): void {
  const say = (): void => void vscode.window.showInformationMessage(sentence);
  const packaged = context.extension.packageJSON as { contributes: { commands: { command: string }[] } };
  for (const { command } of packaged.contributes.commands) {
    context.subscriptions.push(vscode.commands.registerCommand(command, say));
  }
  if (context.globalState.get("said") !== true) {
    say();
    void context.globalState.update("said", true);
  }
}
