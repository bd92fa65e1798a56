/** The page of pieces: what Ownhand knows of a folder, and the writer's word on whose text it is. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

import { readCorpus, type Corpus } from "./corpus.ts";
import { piecesPage } from "./pieces_page.ts";
import type { Server } from "./server.ts";

interface Pressed {
  readonly action: "mine" | "not mine" | "show" | "reload";
  readonly id?: string;
}

export class PiecesPage implements vscode.Disposable {
  private readonly server: Server;
  private panel: vscode.WebviewPanel | undefined;
  private folder: vscode.WorkspaceFolder | undefined;
  private corpus: Corpus | undefined;
  private words: number;
  private readonly follow: vscode.Disposable;

  constructor(server: Server) {
    this.server = server;
    this.words = 0;
    // The first reading of a folder takes a while; the page follows when it is done.
    this.follow = server.onStatus(({ words = 0 }) => {
      if (words !== this.words) void this.reload();
      this.words = words;
    });
  }

  async open(): Promise<void> {
    this.folder = await chooseFolder();
    if (this.folder === undefined) return;
    this.panel ??= this.createPanel();
    this.panel.reveal();
    await this.reload();
  }

  dispose(): void {
    this.follow.dispose();
    this.panel?.dispose();
  }

  private createPanel(): vscode.WebviewPanel {
    const options = { enableScripts: true, localResourceRoots: [], enableFindWidget: true };
    const panel = vscode.window.createWebviewPanel("ownhand.pieces", "Pieces", vscode.ViewColumn.Active, options);
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    panel.webview.onDidReceiveMessage((pressed: Pressed) => this.pressed(pressed));
    return panel;
  }

  private async reload(): Promise<void> {
    const folder = this.folder;
    if (folder === undefined || this.panel === undefined) return;
    this.panel.title = `Pieces of ${folder.name}`;
    const answer = await this.server.execute("ownhand.corpus", folder.uri.toString());
    this.corpus = readCorpus(answer);
    const canAnswer = this.server.commands.includes("ownhand.mine");
    this.panel.webview.html = piecesPage(folder.name, this.corpus, canAnswer, randomBytes(16).toString("hex"));
  }

  private async pressed({ action, id }: Pressed): Promise<void> {
    const folder = this.folder;
    const piece = this.corpus?.pieces.find((one) => one.id === id);
    if (folder === undefined) return;
    if (action === "reload") {
      await this.reload();
    } else if (piece !== undefined && action === "show") {
      const uri = piece.path.startsWith("/") ? vscode.Uri.file(piece.path) : vscode.Uri.joinPath(folder.uri, piece.path);
      await vscode.commands.executeCommand("vscode.open", uri, { viewColumn: vscode.ViewColumn.Beside });
    } else if (piece !== undefined) {
      const answer = await this.server.execute("ownhand.mine", folder.uri.toString(), piece.id, action);
      const refusal = readCorpus(answer)?.sentence;
      if (refusal) void vscode.window.showWarningMessage(refusal);
      await this.reload();
    }
  }
}

/** The folder of the open document, or the only one, or the writer's choice. */
export async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const document = vscode.window.activeTextEditor?.document;
  const here = document && vscode.workspace.getWorkspaceFolder(document.uri);
  if (here !== undefined || folders.length === 1) return here ?? folders[0];
  if (folders.length === 0) {
    const pressed = await vscode.window.showInformationMessage("Open the folder with your writing first.", "Open a folder");
    if (pressed !== undefined) await vscode.commands.executeCommand("vscode.openFolder");
    return undefined;
  }
  return vscode.window.showWorkspaceFolderPick();
}
