/** Whose words these are: a line under the text that came from suggestions and is still there, where the writer wants it. */
import * as vscode from "vscode";

import { selector, type Server } from "./server.ts";
import { readVerdicts } from "./verdicts.ts";
import { readWhose, sharesInWords, type FromOwnhand, type Whose } from "./whose.ts";

/** Milliseconds without a change after which a text is looked at again. Meanwhile VS Code moves the lines itself. */
const settleTime = 300;
const remembered = "provenance";

export class Provenance implements vscode.Disposable {
  private readonly server: Server;
  private readonly memory: vscode.Memento;
  private readonly subscriptions: { dispose(): unknown }[];
  private readonly line = vscode.window.createTextEditorDecorationType({
    borderColor: new vscode.ThemeColor("ownhand.fromOwnhand"),
    borderStyle: "dotted",
    borderWidth: "0 0 2px 0",
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    overviewRulerColor: new vscode.ThemeColor("ownhand.fromOwnhand"),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  /** Who wrote which suggestion, "" where that is asked no more. */
  private readonly models = new Map<string, string>();
  private settling: NodeJS.Timeout | undefined;

  constructor(server: Server, memory: vscode.Memento) {
    this.server = server;
    this.memory = memory;
    const soon = (): void => {
      this.soon();
    };
    this.subscriptions = [
      this.line,
      vscode.commands.registerCommand("ownhand.ui.provenance", () => this.toggle()),
      vscode.window.onDidChangeVisibleTextEditors(soon),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (isText(document)) soon();
      }),
      server.onLife(soon),
    ];
  }

  get on(): boolean {
    return this.memory.get<boolean>(remembered) === true;
  }

  dispose(): void {
    clearTimeout(this.settling);
    for (const one of this.subscriptions) one.dispose();
  }

  private async toggle(): Promise<void> {
    await this.memory.update(remembered, !this.on);
    await this.draw();
    if (this.on) await this.tellShares();
    else vscode.window.setStatusBarMessage("Whose words these are is hidden again.", 5000);
  }

  private async tellShares(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const whose = document && (await this.ask(document));
    const sentence = whose ? sharesInWords(whose) : "Open one of your texts to see whose words it is made of.";
    vscode.window.setStatusBarMessage(sentence, 15_000);
  }

  private soon(): void {
    clearTimeout(this.settling);
    if (this.on) this.settling = setTimeout(() => void this.draw(), settleTime);
  }

  private async draw(): Promise<void> {
    await Promise.all(vscode.window.visibleTextEditors.map((editor) => this.drawIn(editor)));
  }

  private async drawIn(editor: vscode.TextEditor): Promise<void> {
    const { version } = editor.document;
    const whose = this.on ? await this.ask(editor.document) : undefined;
    const stretches = whose?.fromOwnhand ?? [];
    await this.learnModels(editor.document, stretches);
    if (editor.document.version !== version) {
      this.soon(); // The text went on while the answer was under way.
    } else if (whose?.version === undefined || whose.version === version) {
      editor.setDecorations(this.line, stretches.map((stretch) => this.decoration(stretch)));
    }
  }

  /** Only the last suggestions' models can be had. */
  private async learnModels(document: vscode.TextDocument, stretches: readonly FromOwnhand[]): Promise<void> {
    const unknown = stretches.filter(({ suggestion }) => !this.models.has(suggestion));
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    if (unknown.length === 0 || folder === undefined) return;
    const verdicts = readVerdicts(await this.server.execute("ownhand.verdicts", folder.uri.toString()));
    for (const { suggestion } of unknown) this.models.set(suggestion, "");
    for (const { suggestion, model } of verdicts?.recent ?? []) this.models.set(suggestion, model);
  }

  private decoration({ start, end, suggestion }: FromOwnhand): vscode.DecorationOptions {
    const model = this.models.get(suggestion) ?? "";
    const story = new vscode.MarkdownString();
    story.appendText(model === "" ? "from Ownhand" : `from Ownhand (${model})`);
    return { range: new vscode.Range(...start, ...end), hoverMessage: story };
  }

  private async ask(document: vscode.TextDocument): Promise<Whose | undefined> {
    if (!isText(document)) return undefined;
    return readWhose(await this.server.execute("ownhand.provenance", document.uri.toString()));
  }
}

function isText(document: vscode.TextDocument): boolean {
  return vscode.languages.match(selector, document) > 0;
}
