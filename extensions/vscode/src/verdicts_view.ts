/** The page that says what became of the suggestions in a folder. It is read anew when asked. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

import { chooseFolder } from "./pieces.ts";
import type { Server } from "./server.ts";
import { readVerdicts } from "./verdicts.ts";
import { verdictsPage } from "./verdicts_page.ts";

export class VerdictsView implements vscode.Disposable {
  private readonly server: Server;
  private panel: vscode.WebviewPanel | undefined;
  private folder: vscode.WorkspaceFolder | undefined;

  constructor(server: Server) {
    this.server = server;
  }

  async open(): Promise<void> {
    this.folder = await chooseFolder();
    if (this.folder === undefined) return;
    this.panel ??= this.createPanel();
    this.panel.reveal();
    await this.reload();
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private createPanel(): vscode.WebviewPanel {
    const options = { enableScripts: true, localResourceRoots: [], enableFindWidget: true };
    const panel = vscode.window.createWebviewPanel("ownhand.verdicts", "Suggestions", vscode.ViewColumn.Active, options);
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    panel.webview.onDidReceiveMessage(() => this.reload()); // The page has one button: look again.
    return panel;
  }

  private async reload(): Promise<void> {
    const folder = this.folder;
    if (folder === undefined || this.panel === undefined) return;
    this.panel.title = `Suggestions in ${folder.name}`;
    const verdicts = readVerdicts(await this.server.execute("ownhand.verdicts", folder.uri.toString()));
    this.panel.webview.html = verdictsPage(folder.name, verdicts, randomBytes(16).toString("hex"));
  }
}
