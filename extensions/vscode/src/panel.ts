/** A page of ours in a tab of its own: made when first shown, gone when it is closed. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

export interface Pressed {
  readonly action?: string;
  readonly id?: string;
  /** What the button's form says, if it stands in one. */
  readonly form?: unknown;
}

export class Panel implements vscode.Disposable {
  private readonly kind: string;
  private readonly options: vscode.WebviewOptions & vscode.WebviewPanelOptions;
  private readonly pressed: (pressed: Pressed) => unknown;
  private panel: vscode.WebviewPanel | undefined;

  /** `kind` names the sort of page within VS Code. Without `pressed` nothing in the page may run. */
  constructor(kind: string, pressed?: (pressed: Pressed) => unknown) {
    this.kind = kind;
    this.pressed = pressed ?? (() => undefined);
    const enableScripts = pressed !== undefined;
    this.options = { enableScripts, localResourceRoots: [], enableFindWidget: true, retainContextWhenHidden: enableScripts };
  }

  /** Bring it to the front with this title and what `html` makes with a fresh nonce. */
  show(title: string, html: (nonce: string) => string): void {
    this.panel ??= this.create(title);
    this.panel.title = title;
    this.panel.webview.html = html(randomBytes(16).toString("hex"));
    this.panel.reveal();
  }

  close(): void {
    this.panel?.dispose();
  }

  dispose(): void {
    this.close();
  }

  private create(title: string): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(this.kind, title, vscode.ViewColumn.Active, this.options);
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    panel.webview.onDidReceiveMessage(this.pressed);
    return panel;
  }
}
