/** What the keys do while ghost text is visible, and what the server is told of it. */
import * as vscode from "vscode";

import { insertedAt, nextLine, nextWord, partTaken } from "./chunks.ts";
import { suggestionId, type LiveSuggestion, type Standing } from "./live.ts";
import type { Neighbours } from "./neighbours.ts";
import { askReason } from "./reasons.ts";
import { selector, type Server } from "./server.ts";
import { Shown, type Place } from "./shown.ts";

export class Keys {
  private readonly server: Server;
  private readonly live: LiveSuggestion;
  private readonly neighbours: Neighbours;
  private readonly shown = new Shown(activePlace);
  /** The last taking of a part; the next one waits for it, however fast the key repeats. */
  private taking: Promise<void> = Promise.resolve();

  constructor(server: Server, live: LiveSuggestion, neighbours: Neighbours) {
    this.server = server;
    this.live = live;
    this.neighbours = neighbours;
  }

  /** A suggestion was shown in this sitting. */
  get hasSeen(): boolean {
    return this.shown.seenLast !== undefined;
  }

  register(): vscode.Disposable[] {
    const register = vscode.commands.registerCommand;
    return [
      register("ownhand.ui.accept", () => this.acceptWhole()),
      register("ownhand.ui.acceptWord", () => this.inTurn(nextWord, "editor.action.inlineSuggest.acceptNextWord")),
      register("ownhand.ui.acceptLine", () => this.inTurn(nextLine, "editor.action.inlineSuggest.acceptNextLine")),
      register("ownhand.ui.dismiss", () => this.dismiss()),
      register("ownhand.ui.reject", (pressed?: { readonly visible?: boolean }) => this.reject(pressed?.visible === true)),
      register("ownhand.ui.ask", () => this.ask()),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        // Ghost text doesn't wait for the writer to come back.
        if (editor !== undefined && !this.live.isIn(editor.document)) this.live.forget();
      }),
    ];
  }

  /**
   * Note an answer of the server's and, when it stood for a moment, say that it was shown. `hidden`: a list of words is
   * open, which VS Code shows instead.
   */
  answered(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: readonly vscode.InlineCompletionItem[],
    hidden: boolean,
  ): void {
    const item = this.live.answered(document, position, items);
    const id = item && suggestionId(item);
    this.shown.nothing();
    if (item === undefined || id === undefined || hidden) return;
    this.shown.handedOver(id, placeIn(document, position), () => {
      this.server.notify("textDocument/didShowCompletion", { item: this.server.protocolItem(item) });
      void vscode.commands.executeCommand("setContext", "ownhand.seen", true);
    });
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

  /** Nothing is told: what was taken says so by itself, with the command that the server gave it. */
  private async acceptWhole(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const standing = editor && this.live.standing(editor);
    const commit = (): Thenable<unknown> => vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    if (editor === undefined || standing === undefined) {
      await commit();
    } else {
      const inserted = await insertion(editor, standing.at, commit);
      if (inserted !== "" && inserted.replaceAll("\r\n", "\n") !== standing.rest) this.neighbours.met();
    }
    this.live.forget();
  }

  private inTurn(take: (rest: string) => string, otherwise: string): Promise<void> {
    const turn = this.taking.then(() => this.acceptPart(take, otherwise));
    this.taking = turn.catch(() => undefined);
    return turn;
  }

  /**
   * VS Code's own word command stops after a space and inside "don't"; ours is used where the ghost text is ours. Where
   * it may be another extension's, VS Code takes what it shows, and the text says afterwards whose it was.
   */
  private async acceptPart(take: (rest: string) => string, otherwise: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const standing = editor && this.live.standing(editor);
    const theirs = (): Thenable<unknown> => vscode.commands.executeCommand(otherwise);
    if (editor === undefined || standing === undefined) {
      await theirs();
    } else if (this.neighbours.mayBeSeen(editor.document)) {
      this.tellPart(standing, await insertion(editor, standing.at, theirs));
    } else if (take(standing.rest) === standing.rest) {
      await this.acceptWhole();
    } else {
      const ours = (): Thenable<unknown> => insert(editor, standing.at, take(standing.rest));
      this.tellPart(standing, await insertion(editor, standing.at, ours));
    }
  }

  private tellPart(standing: Standing, inserted: string): void {
    const acceptedLength = partTaken(standing.rest, standing.taken, inserted);
    if (acceptedLength === undefined) return;
    const item = this.server.protocolItem(standing.item);
    this.server.notify("textDocument/didPartiallyAcceptCompletion", { item, acceptedLength });
  }

  private async dismiss(): Promise<void> {
    const id = await this.hide();
    if (id !== undefined) await this.server.execute("ownhand.dismiss", id);
  }

  /** "Not mine", of what is visible; from the menu and the palette, which hide it, of what was seen last. */
  private async reject(visible: boolean): Promise<void> {
    const id = (await this.hide()) ?? (visible ? undefined : this.shown.seenLast);
    if (id === undefined) {
      if (!visible) void vscode.window.showInformationMessage("Ownhand has shown no suggestion here yet.");
      return;
    }
    void this.server.execute("ownhand.reject", id);
    const reason = await askReason();
    if (reason !== undefined) await this.server.execute("ownhand.reject", id, reason);
  }

  /** Put away all ghost text. The id of ours, when it can have been what was visible. */
  private async hide(): Promise<string | undefined> {
    const editor = vscode.window.activeTextEditor;
    const id = editor && this.live.standing(editor)?.id;
    this.live.forget();
    this.shown.nothing();
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    return id;
  }
}

/** What stands at `at` after `change` that did not stand there before. */
async function insertion(
  { document }: vscode.TextEditor,
  at: vscode.Position,
  change: () => Thenable<unknown>,
): Promise<string> {
  const before = document.getText();
  const offset = document.offsetAt(at);
  await change();
  return insertedAt(before, document.getText(), offset);
}

function insert(editor: vscode.TextEditor, at: vscode.Position, text: string): Thenable<boolean> {
  const one = (edit: vscode.TextEditorEdit): void => {
    edit.insert(at, text);
  };
  return editor.edit(one, { undoStopBefore: true, undoStopAfter: true });
}

function placeIn(document: vscode.TextDocument, { line, character }: vscode.Position): Place {
  return { uri: document.uri.toString(), version: document.version, line, character };
}

function activePlace(): Place | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor && placeIn(editor.document, editor.selection.active);
}
