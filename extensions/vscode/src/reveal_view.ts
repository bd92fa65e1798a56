/** The first voice, shown beside the writer's own words before it may write: the writer chooses, is told, and decides. */
import * as vscode from "vscode";

import { isJson, text } from "./json.ts";
import { Panel, type Pressed } from "./panel.ts";
import { chooseFolder } from "./pieces.ts";
import { readChosen, readReveal, readTold, readUnseen, type Reveal, type Told } from "./reveal.ts";
import { blindPage, toldPage } from "./reveal_page.ts";
import type { Server } from "./server.ts";

export class RevealView implements vscode.Disposable {
  private readonly server: Server;
  private readonly panel = new Panel("ownhand.reveal", (pressed) => this.pressed(pressed));
  private folder: string | undefined;
  private reveal: Reveal | undefined;
  private told: Told | undefined;

  constructor(server: Server) {
    this.server = server;
  }

  async open(): Promise<void> {
    const folder = (await chooseFolder())?.uri.toString();
    if (folder === undefined) return;
    const answer = await this.server.execute("ownhand.reveal", folder);
    const unseen = readUnseen(answer);
    if (unseen !== undefined) {
      await this.askPlainly(folder, unseen.adapter, unseen.sentence);
      return;
    }
    const reveal = readReveal(answer);
    if (reveal === undefined) return; // The server said why.
    this.folder = folder;
    this.reveal = reveal;
    this.told = undefined;
    this.panel.show("Which one is you?", (nonce) => blindPage(reveal, nonce));
  }

  private async askPlainly(folder: string, adapter: string, detail: string): Promise<void> {
    const question = "Let your voice write from now on?";
    const pressed = await vscode.window.showInformationMessage(question, { modal: true, detail }, "Use it", "Not yet");
    if (pressed === undefined) return;
    const answer = await this.server.execute(pressed === "Use it" ? "ownhand.activate" : "ownhand.notYet", folder, adapter);
    if (isJson(answer)) vscode.window.setStatusBarMessage(text(answer, "sentence"), 10_000);
  }

  dispose(): void {
    this.panel.dispose();
  }

  private async pressed({ action, form }: Pressed): Promise<void> {
    const { reveal } = this;
    if (reveal === undefined) return;
    if (action === "choose") await this.tell(reveal, form);
    else if (action === "use") await this.decide(reveal, "ownhand.activate");
    else if (action === "not yet") await this.decide(reveal, "ownhand.notYet");
    else if (action === "report") await vscode.commands.executeCommand("ownhand.ui.report");
  }

  private async tell(reveal: Reveal, form: unknown): Promise<void> {
    const chosen = readChosen(form, reveal.places.length);
    if (chosen === undefined) return;
    const answer = await this.server.execute("ownhand.reveal", this.folder, { adapter: reveal.adapter, chosen });
    const told = readTold(answer, chosen);
    if (told === undefined) return;
    this.told = told;
    this.panel.show("Whose they are", (nonce) => toldPage(reveal, told, undefined, nonce));
  }

  private async decide(reveal: Reveal, command: string): Promise<void> {
    const { told } = this;
    const answer = await this.server.execute(command, this.folder, reveal.adapter);
    if (told === undefined || !isJson(answer)) return;
    const otherwise = command === "ownhand.activate" ? "Your voice writes from now on." : "All stays as it was. The voice is kept.";
    const decided = text(answer, "sentence") || otherwise;
    this.panel.show("Whose they are", (nonce) => toldPage(reveal, told, decided, nonce));
  }
}
