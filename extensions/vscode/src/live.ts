/**
 * The ghost text that is on the screen, as far as an extension can know it.
 *
 * VS Code tells extensions nothing about what it shows, so this keeps the last answer and compares it with the text.
 * It doesn't know whether another extension's ghost text won.
 */
import * as vscode from "vscode";

import { remainder } from "./chunks.ts";

interface Offer {
  readonly uri: string;
  readonly item: vscode.InlineCompletionItem;
  readonly text: string;
  readonly start: vscode.Position;
}

/** Where the writer stands in the live suggestion. */
export interface Standing {
  readonly item: vscode.InlineCompletionItem;
  readonly id: string | undefined;
  /** Taken or typed so far, of the item's text. */
  readonly taken: number;
  readonly rest: string;
  readonly at: vscode.Position;
}

export class LiveSuggestion {
  private offer: Offer | undefined;

  /** Note an answer; an empty one ends what was live in that document. Returns the item when it can be shown. */
  answered(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: readonly vscode.InlineCompletionItem[],
  ): vscode.InlineCompletionItem | undefined {
    const item = items[0];
    const uri = document.uri.toString();
    if (item === undefined) {
      if (this.offer?.uri === uri) this.offer = undefined;
      return undefined;
    }
    const text = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
    this.offer = { uri, item, text, start: item.range?.start ?? position };
    return item;
  }

  /** Undefined when nothing of ours can be visible at this editor's cursor. */
  standing(editor: vscode.TextEditor): Standing | undefined {
    const offer = this.offer;
    const at = editor.selection.active;
    if (offer?.uri !== editor.document.uri.toString() || at.isBefore(offer.start)) return undefined;
    const rest = remainder(offer.text, editor.document.getText(new vscode.Range(offer.start, at)));
    if (rest === undefined) return undefined;
    return { item: offer.item, id: suggestionId(offer.item), taken: offer.text.length - rest.length, rest, at };
  }

  /** Is the last suggestion one for this document? */
  isIn(document: vscode.TextDocument): boolean {
    return this.offer?.uri === document.uri.toString();
  }

  forget(): void {
    this.offer = undefined;
  }
}

/** The id that the server put into the item's command. */
export function suggestionId(item: vscode.InlineCompletionItem): string | undefined {
  const first: unknown = item.command?.arguments?.[0];
  return typeof first === "string" ? first : undefined;
}
