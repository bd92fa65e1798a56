/** The voice: learning it, choosing it, doing without it, forgetting it. Commands of the palette and of the menu. */
import * as vscode from "vscode";

import { isJson, text } from "./json.ts";
import { readOwnVoice, readTraining, trainingInWords, type OwnVoice } from "./learning.ts";
import { Panel } from "./panel.ts";
import { chooseFolder } from "./pieces.ts";
import { RevealView } from "./reveal_view.ts";
import type { Server } from "./server.ts";
import { chooseVoice, say } from "./voice_list.ts";

const offered = "voices offered";
const remembered = 50;

export class Voice implements vscode.Disposable {
  private readonly server: Server;
  private readonly memory: vscode.Memento;
  private readonly fetchLearning: () => Promise<boolean>;
  private readonly reveal: RevealView;
  private readonly report = new Panel("ownhand.report");
  private readonly subscriptions: { dispose(): unknown }[];

  /** `fetchLearning` brings the part that learns to this computer, when the writer wants that. */
  constructor(server: Server, memory: vscode.Memento, fetchLearning: () => Promise<boolean>) {
    this.server = server;
    this.memory = memory;
    this.fetchLearning = fetchLearning;
    this.reveal = new RevealView(server);
    const offer = server.onStatus(({ ownVoice }) => void this.offer(readOwnVoice(ownVoice)));
    this.subscriptions = [this.reveal, this.report, offer, ...this.register()];
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  private register(): vscode.Disposable[] {
    const commands: Record<string, () => unknown> = {
      train: () => this.train(),
      pause: () => this.steer("ownhand.pause"),
      resume: () => this.steer("ownhand.resume"),
      cancel: () => this.giveUp(),
      voices: () => chooseVoice(this.server),
      rollback: () => this.inFolder((folder) => this.server.execute("ownhand.rollback", folder).then(say)),
      withoutVoice: () => this.withoutVoice(),
      reveal: () => this.reveal.open(),
      report: () => this.showReport(),
      forget: () => this.forget(),
    };
    return Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(`ownhand.ui.${name}`, run));
  }

  private async train(): Promise<void> {
    await this.inFolder(async (folder) => {
      const answer = await this.server.execute("ownhand.train", folder);
      if (isJson(answer) && text(answer, "needs") === "setup") {
        if (await this.fetchLearning()) await this.server.execute("ownhand.train", folder).then(tell);
      } else tell(answer);
    });
  }

  private async steer(command: string): Promise<void> {
    await this.inFolder(async (folder) => {
      tell(await this.server.execute(command, folder));
    });
  }

  private async giveUp(): Promise<void> {
    const detail = "What it has learned so far in this run is thrown away. To go on later, pause instead.";
    const pressed = await vscode.window.showWarningMessage("Give up learning?", { modal: true, detail }, "Pause", "Give up");
    if (pressed === "Pause") await this.steer("ownhand.pause");
    if (pressed !== "Give up") return;
    await this.inFolder(async (folder) => {
      const answer = await this.server.execute("ownhand.cancel", folder);
      // Else the server has said already why it goes on.
      if (isJson(answer) && isJson(answer["training"]))
        vscode.window.setStatusBarMessage("Learning was given up; all stays as it was.", 5000);
    });
  }

  private async withoutVoice(): Promise<void> {
    await this.inFolder(async (folder) => {
      const answer = await this.server.execute("ownhand.withoutVoice", folder);
      if (!isJson(answer) || typeof answer["withoutVoice"] !== "boolean") return;
      const sentence = answer["withoutVoice"] ? "Suggestions come without your voice now." : "Suggestions come in your voice again.";
      vscode.window.setStatusBarMessage(sentence, 10_000);
    });
  }

  /** Once for each voice; afterwards it stays in the menu. VS Code puts the question away by itself. */
  private async offer({ voice, reveal }: OwnVoice): Promise<void> {
    const seen = words(this.memory.get<unknown>(offered));
    const name = `${voice}-${reveal}`;
    if (reveal === "" || seen.includes(name)) return;
    await this.memory.update(offered, [...seen.slice(-remembered), name]);
    const pressed = await vscode.window.showInformationMessage(
      "Ownhand has learned to write in your hand. See it beside your own words, and decide whether it may.",
      "See it",
      "Later",
    );
    if (pressed === "See it") await this.reveal.open();
  }

  /** The page is one file that needs nothing else; in it nothing runs. */
  private async showReport(): Promise<void> {
    await this.inFolder(async (folder) => {
      const answer = await this.server.execute("ownhand.report", folder);
      const page = isJson(answer) ? text(answer, "page") : "";
      if (page === "") return;
      const html = new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.parse(page)));
      this.report.show("What was learned", () => inTheme(html));
    });
  }

  private async forget(): Promise<void> {
    await this.inFolder(async (folder) => {
      const answer = await this.server.execute("ownhand.forget", folder);
      if (!isJson(answer) || !("removes" in answer)) return;
      const removes = words(answer["removes"]).map((one) => `• ${one}`);
      const detail = ["This removes for good:", ...removes, "", "Your own files stay."].join("\n");
      const question = "Forget everything that Ownhand keeps of this folder?";
      // The first button is what a careless Enter presses.
      const button = "Forget it all";
      if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, "Keep it", button)) !== button) return;
      const done = await this.server.execute("ownhand.forget", folder, "yes");
      const removed = isJson(done) ? words(done["removed"]) : [];
      if (removed.length > 0) void vscode.window.showInformationMessage(`Removed: ${removed.join(", ")}. Your own files were not touched.`);
    });
  }

  private async inFolder(work: (folder: string) => Promise<unknown>): Promise<void> {
    const folder = await chooseFolder();
    if (folder !== undefined) await work(folder.uri.toString());
  }
}

/** How learning goes on. What went wrong the server has said itself. */
function tell(answer: unknown): void {
  if (!isJson(answer) || !isJson(answer["training"])) return;
  const sentence = trainingInWords(readTraining(answer["training"]));
  if (sentence !== "") vscode.window.setStatusBarMessage(sentence, 5000);
}

/** The page asks the system whether it is dark; in a tab of VS Code the theme decides. */
function inTheme(page: string): string {
  const { kind } = vscode.window.activeColorTheme;
  const dark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
  return page
    .replaceAll("(prefers-color-scheme: dark)", dark ? "(min-width: 0)" : "(max-width: 0)")
    .replaceAll("color-scheme: light dark", `color-scheme: ${dark ? "dark" : "light"}`);
}

function words(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
