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
  pick.placeholder = "Choose, or simply write on";
  pick.items = choices;
  const passOn = passingOn(vscode.window.activeTextEditor);
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.reason);
      pick.hide();
    });
    pick.onDidChangeValue((value) => {
      pick.hide();
      passOn(value);
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

/**
 * Brings what was typed into the list's box to the cursor's place. The letters that follow are typed into the text
 * itself, and may be there first; so these go in front of them, to where the cursor was.
 */
function passingOn(editor: vscode.TextEditor | undefined): (typed: string) => void {
  if (editor === undefined) return () => undefined;
  const start = editor.document.offsetAt(editor.selection.active);
  let passed = "";
  let last = Promise.resolve();
  return (typed) => {
    const text = typed.slice(passed.length);
    const offset = start + passed.length;
    if (!typed.startsWith(passed)) return;
    passed = typed;
    last = last.then(() => insertAt(editor, offset, text));
  };
}

/** An edit is refused when a letter came in between; then it is tried again. */
async function insertAt(editor: vscode.TextEditor, offset: number, text: string): Promise<void> {
  const insert = (edit: vscode.TextEditorEdit): void => {
    edit.insert(editor.document.positionAt(offset), text);
  };
  const asTyping = { undoStopBefore: false, undoStopAfter: false };
  for (let tries = 0; tries < 10; tries++) {
    if (await editor.edit(insert, asTyping)) return;
  }
}
