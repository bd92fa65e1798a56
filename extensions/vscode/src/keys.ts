/** What the keys do while ghost text is visible, and the notifications that tell the server about it. */
import * as vscode from "vscode";

import { nextLine, nextWord } from "./chunks.ts";
import { suggestionId, type LiveSuggestion, type Standing } from "./live.ts";
import { selector, type Server } from "./server.ts";

/** VS Code needs a moment to paint; an answer that is outdated by then was never seen. */
const paintDelay = 50;

export class Keys {
  private readonly server: Server;
  private readonly live: LiveSuggestion;
  private shown: string | undefined;

  constructor(server: Server, live: LiveSuggestion) {
    this.server = server;
    this.live = live;
  }

  register(): vscode.Disposable[] {
    const register = vscode.commands.registerCommand;
    return [
      register("ownhand.ui.accept", () => this.acceptWhole()),
      register("ownhand.ui.acceptWord", () => this.acceptPart(nextWord, "editor.action.inlineSuggest.acceptNextWord")),
      register("ownhand.ui.acceptLine", () => this.acceptPart(nextLine, "editor.action.inlineSuggest.acceptNextLine")),
      register("ownhand.ui.dismiss", () => this.putAway("ownhand.dismiss")),
      register("ownhand.ui.reject", () => this.putAway("ownhand.reject")),
      register("ownhand.ui.ask", () => this.ask()),
    ];
  }

  /** Note an answer of the server's and, once it had the time to be painted, say that it was shown. */
  answered(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: readonly vscode.InlineCompletionItem[],
  ): void {
    const item = this.live.answered(document, position, items);
    const id = item && suggestionId(item);
    if (item === undefined || id === undefined || id === this.shown) return;
    setTimeout(() => {
      const editor = vscode.window.activeTextEditor;
      if (editor === undefined || this.live.standing(editor)?.id !== id) return;
      this.shown = id;
      this.server.notify("textDocument/didShowCompletion", { item: this.server.protocolItem(item) });
    }, paintDelay);
  }

  /** From the menu and the walkthrough this may be pressed with no text open; then nothing would say so. */
  private async ask(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || vscode.languages.match(selector, document) === 0) {
      void vscode.window.showInformationMessage(
        "Open one of your texts, put the cursor where it should go on, and ask again.",
      );
      return;
    }
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  }

  private async acceptWhole(): Promise<void> {
    await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    this.live.forget();
  }

  /** VS Code's own word command stops after a space and inside "don't"; ours is used where the ghost text is ours. */
  private async acceptPart(take: (rest: string) => string, otherwise: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const standing = editor && this.live.standing(editor);
    if (editor === undefined || standing === undefined) {
      await vscode.commands.executeCommand(otherwise);
      return;
    }
    const part = take(standing.rest);
    if (part === standing.rest) {
      await this.acceptWhole();
      return;
    }
    const done = await editor.edit(
      (edit) => {
        edit.insert(standing.at, part);
      },
      { undoStopBefore: true, undoStopAfter: true },
    );
    if (done) this.tellPart(standing, part);
  }

  private tellPart(standing: Standing, part: string): void {
    this.server.notify("textDocument/didPartiallyAcceptCompletion", {
      item: this.server.protocolItem(standing.item),
      acceptedLength: standing.taken + part.length,
    });
  }

  private async putAway(command: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const id = editor && this.live.standing(editor)?.id;
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    this.live.forget();
    if (id !== undefined) await this.server.execute(command, id);
  }
}
