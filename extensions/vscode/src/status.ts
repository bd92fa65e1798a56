/** The status bar item: one short line, and the longer story on hover. */
import * as vscode from "vscode";

import { isUnderWay, readTraining, trainingInWords } from "./learning.ts";
import type { Life, Server } from "./server.ts";
import { details, type ServerStatus } from "./status_words.ts";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("ownhand", vscode.StatusBarAlignment.Right, 90);
  private readonly subscriptions: { dispose(): unknown }[];
  private busy: string | undefined;
  private life: Life;
  latest: ServerStatus = {};

  constructor(server: Server) {
    this.life = server.current;
    this.item.name = "Ownhand";
    this.item.command = "ownhand.ui.menu";
    this.subscriptions = [
      this.item,
      server.onLife((life) => {
        this.life = life;
        this.draw();
      }),
      server.onStatus((status) => {
        this.latest = status;
        void vscode.commands.executeCommand("setContext", "ownhand.verse", status.form === "verse");
        this.draw();
      }),
    ];
    this.draw();
    this.item.show();
  }

  /** Show what the set-up is doing; undefined when it is over. */
  working(sentence: string | undefined): void {
    this.busy = sentence;
    this.draw();
  }

  /** Show `sentence`, if there is one, while `work` lasts. */
  async during<Result>(sentence: string | undefined, work: () => vscode.ProviderResult<Result>): Promise<Result | null | undefined> {
    if (sentence === undefined) return work();
    this.working(sentence);
    try {
      return await work();
    } finally {
      this.working(undefined);
    }
  }

  /** What is going on, in one sentence. */
  get sentence(): string {
    if (this.busy !== undefined) return this.busy;
    switch (this.life.state) {
      case "needs set-up":
        return "Ownhand isn't set up on this computer yet.";
      case "starting":
        return "Ownhand is starting.";
      case "stopped":
        return this.life.why;
      case "running":
        if (this.questionWaits) return "Ownhand waits for your answer about this folder.";
        return this.latest.why ? this.latest.why : this.doing;
    }
  }

  private get doing(): string {
    const training = readTraining(this.latest.learning);
    const learns = isUnderWay(training) || training.state === "paused";
    return learns ? trainingInWords(training) : "Ownhand is ready.";
  }

  /** The sentence, and everything else that the status says. */
  get lines(): string[] {
    const more = this.life.state === "running" ? details(this.latest) : [];
    return [this.sentence, ...more.filter((line) => line !== this.sentence)];
  }

  /** The question what Ownhand may do in this folder has no answer yet. VS Code hides the question after seconds. */
  get questionWaits(): boolean {
    return this.life.state === "running" && this.latest.voice === "unasked";
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  private draw(): void {
    this.item.text = this.text();
    this.item.tooltip = this.story();
    this.item.accessibilityInformation = { label: `Ownhand: ${this.sentence}` };
    this.item.backgroundColor =
      this.life.state === "stopped" ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  private text(): string {
    if (this.busy !== undefined) return "$(sync~spin) Ownhand";
    if (this.life.state === "needs set-up") return "$(edit) Ownhand: set up";
    if (this.life.state === "starting") return "$(loading~spin) Ownhand";
    if (this.life.state === "stopped") return "$(warning) Ownhand stopped";
    if (this.questionWaits) return "$(question) Ownhand: a question";
    if (this.latest.quiet === true) return "$(bell-slash) Ownhand: quiet";
    return isUnderWay(readTraining(this.latest.learning)) ? "$(mortar-board) Ownhand: learning" : "$(edit) Ownhand";
  }

  private story(): vscode.MarkdownString {
    const story = new vscode.MarkdownString();
    const [first = "", ...others] = this.lines;
    story.appendText(first);
    for (const line of others) story.appendMarkdown("\n\n").appendText(line);
    return story;
  }
}
