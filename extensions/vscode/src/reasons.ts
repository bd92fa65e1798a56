/** Why a suggestion was not the writer's: asked once it is put away, and never insisted on. */
import * as vscode from "vscode";

interface Choice extends vscode.QuickPickItem {
  readonly reason?: string;
}

/** The reasons are the server's words. The first choice says none, so that a careless Enter does no harm. */
const choices: readonly Choice[] = [
  { label: "Just not mine" },
  { label: "Wrong word", reason: "wrong word" },
  { label: "Wrong rhythm", reason: "wrong rhythm" },
  { label: "Cliché", reason: "cliché" },
  { label: "Wrong fact", reason: "wrong fact" },
  { label: "My own words belong here", reason: "own words" },
];

/** Undefined when the writer gives none. Whoever writes on isn't held up: the list goes, the letters go into the text. */
export function askReason(): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<Choice>();
  pick.title = "Not yours. What was wrong with it?";
  pick.placeholder = "Say it, or simply write on";
  pick.items = choices;
  let typed = "";
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.reason);
      pick.hide();
    });
    pick.onDidChangeValue((value) => {
      const text = value.slice(typed.length);
      typed = value;
      pick.hide();
      void vscode.commands.executeCommand("type", { text });
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
