/** The page of pieces: what Ownhand knows of a folder, and the writer's word on whose text it is. */
import { randomBytes } from "node:crypto";
import { sep } from "node:path";
import * as vscode from "vscode";

import { isFromElsewhere, readCorpus, type Corpus } from "./corpus.ts";
import { piecesPage } from "./pieces_page.ts";
import type { Server } from "./server.ts";

interface Pressed {
  readonly action: "mine" | "not mine" | "show" | "reload" | "add" | "take out";
  /** A piece's id; with "take out" the path of the file. */
  readonly id?: string;
}

/** The server reads an added text in the background: how often, and after how many milliseconds, to look for it. */
const looks = 40;
const lookAgain = 250;

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
    this.panel.webview.html = piecesPage(folder.name, this.corpus, this.server.commands, randomBytes(16).toString("hex"));
  }

  private async pressed({ action, id }: Pressed): Promise<void> {
    const folder = this.folder;
    const piece = this.corpus?.pieces.find((one) => one.id === id);
    if (folder === undefined) return;
    if (action === "reload") {
      await this.reload();
    } else if (action === "add") {
      await this.addTexts(folder);
    } else if (action === "take out") {
      if (id !== undefined) await this.changeTexts(folder, "ownhand.removeSamples", [id]);
    } else if (piece !== undefined && action === "show") {
      const uri = isFromElsewhere(piece) ? vscode.Uri.file(piece.path) : vscode.Uri.joinPath(folder.uri, piece.path);
      await vscode.commands.executeCommand("vscode.open", uri, { viewColumn: vscode.ViewColumn.Beside });
    } else if (piece !== undefined) {
      const answer = await this.server.execute("ownhand.mine", folder.uri.toString(), piece.id, action);
      const refusal = readCorpus(answer)?.sentence;
      if (refusal) void vscode.window.showWarningMessage(refusal);
      await this.reload();
    }
  }

  private async addTexts(folder: vscode.WorkspaceFolder): Promise<void> {
    const chosen = await vscode.window.showOpenDialog({
      title: "A text of yours from elsewhere",
      openLabel: "Add",
      canSelectMany: true,
      filters: { Texts: ["md", "markdown", "txt", "fountain", "org", "tex"], "All files": ["*"] },
    });
    if (chosen === undefined) return;
    const paths = chosen.map(({ fsPath }) => fsPath.replaceAll(sep, "/"));
    await this.changeTexts(folder, "ownhand.addSamples", paths);
  }

  /** What goes wrong the server says to the writer itself. */
  private async changeTexts(folder: vscode.WorkspaceFolder, command: string, paths: readonly string[]): Promise<void> {
    const answer = await this.server.execute(command, folder.uri.toString(), paths);
    const wanted = command === "ownhand.addSamples";
    for (let look = 0; look < looks && this.panel !== undefined; look++) {
      await this.reload();
      const refused = answer === undefined || readCorpus(answer)?.sentence;
      if (refused || paths.every((path) => this.lists(path) === wanted)) return;
      await new Promise((resolve) => setTimeout(resolve, lookAgain));
    }
  }

  private lists(path: string): boolean {
    const { pieces = [], skipped = [] } = this.corpus ?? {};
    return [...pieces, ...skipped].some((file) => file.path === path);
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
