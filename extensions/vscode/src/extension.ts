/** Ownhand in VS Code: puts the parts together and registers the palette's commands. */
import * as vscode from "vscode";

import { Keys } from "./keys.ts";
import { LiveSuggestion } from "./live.ts";
import { showMenu } from "./menu.ts";
import { chooseModel } from "./model.ts";
import { Neighbours } from "./neighbours.ts";
import { chooseFolder, PiecesPage } from "./pieces.ts";
import { Provenance } from "./provenance.ts";
import { selector, Server } from "./server.ts";
import { Setup } from "./setup/dialog.ts";
import { fetchLearningPart } from "./setup/learning_part.ts";
import { StatusBar } from "./status.ts";
import { VerdictsView } from "./verdicts_view.ts";
import { Voice } from "./voice.ts";

const thinking = "Ownhand is thinking about a suggestion.";

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Ownhand", { log: true });
  const live = new LiveSuggestion();
  const neighbours = new Neighbours(context.workspaceState);
  const server: Server = new Server(log, {
    provideInlineCompletionItems: async (document, position, trigger, token, next) => {
      const asked = trigger.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
      const answer = await status.during(asked ? thinking : undefined, () => next(document, position, trigger, token));
      if (token.isCancellationRequested) return answer;
      const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
      const hidden = trigger.selectedCompletionInfo !== undefined;
      keys.answered(document, position, items, hidden);
      if (items.length > 0 || hidden) void neighbours.meet(document);
      return answer;
    },
  });
  running = server;
  const keys = new Keys(server, live, neighbours);
  const status = new StatusBar(server);
  const pieces = new PiecesPage(server);
  const verdicts = new VerdictsView(server);
  const provenance = new Provenance(server, context.workspaceState);
  const setup = new Setup(context, log, (sentence) => {
    status.working(sentence);
  });
  const voice = new Voice(server, context.workspaceState, async () => {
    const python = await setup.readyPython();
    return python !== undefined && (await fetchLearningPart(python, log));
  });
  const own = new Ownhand(server, status, setup, log);
  const pages = [
    vscode.commands.registerCommand("ownhand.ui.pieces", () => pieces.open()),
    vscode.commands.registerCommand("ownhand.ui.verdicts", () => verdicts.open()),
    vscode.commands.registerCommand("ownhand.ui.menu", () => {
      void showMenu(server, status, { provenance: provenance.on, seen: keys.hasSeen });
    }),
  ];
  context.subscriptions.push(log, server, status, pieces, verdicts, provenance, voice, ...pages);
  context.subscriptions.push(...keys.register(), ...own.register(), ...contexts(server));
  await own.startIfReady();
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}

/** What the palette's other commands do. */
class Ownhand {
  private readonly server: Server;
  private readonly status: StatusBar;
  private readonly setup: Setup;
  private readonly log: vscode.LogOutputChannel;

  constructor(server: Server, status: StatusBar, setup: Setup, log: vscode.LogOutputChannel) {
    this.server = server;
    this.status = status;
    this.setup = setup;
    this.log = log;
  }

  register(): vscode.Disposable[] {
    const commands: Record<string, () => unknown> = {
      setUp: () => this.setUp(),
      start: () => this.startIfReady(),
      model: () => chooseModel(this.server, this.status),
      quiet: () => this.server.execute("ownhand.quiet"),
      quietHere: () => this.quietHere(),
      consent: () => this.askConsent(),
      status: () => this.tellStatus(),
      log: () => {
        this.log.show();
      },
      settings: () => vscode.commands.executeCommand("workbench.action.openSettings", "@ext:ownhand.ownhand"),
      walkthrough: () =>
        vscode.commands.executeCommand("workbench.action.openWalkthrough", "ownhand.ownhand#ownhand.start", false),
    };
    return Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(`ownhand.ui.${name}`, run));
  }

  async startIfReady(): Promise<void> {
    const python = await this.setup.readyPython();
    if (python !== undefined) {
      await this.server.start(python);
      await this.setup.clearOld();
      return;
    }
    this.server.needsSetup();
    void this.offerSetUp(); // Not awaited: no command runs before the extension is active, and the answer may never come.
  }

  private async offerSetUp(): Promise<void> {
    const pressed = await vscode.window.showInformationMessage(
      "Ownhand needs a one-time set-up before it can suggest anything. Nothing is fetched before you agree.",
      "Set up…",
      "Later",
    );
    if (pressed === "Set up…") await this.setUp();
  }

  private async setUp(): Promise<void> {
    const python = await this.setup.run();
    if (python !== undefined) await this.server.start(python);
  }

  /** Toggle suggestions in the open document alone, and say which way it went: nothing else would show it. */
  private async quietHere(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined) return;
    const answer = (await this.server.execute("ownhand.quiet", document.uri.toString())) as { quiet?: boolean } | undefined;
    if (answer === undefined) return;
    const sentence = answer.quiet === true ? "Ownhand is quiet in this file." : "Ownhand suggests in this file again.";
    vscode.window.setStatusBarMessage(sentence, 5000);
  }

  private async askConsent(): Promise<void> {
    const folder = await chooseFolder();
    if (folder !== undefined) await this.server.execute("ownhand.consent", folder.uri.toString());
  }

  private async tellStatus(): Promise<void> {
    await vscode.window.showInformationMessage(this.status.lines.join(" "));
  }
}

/** Context keys: `ownhand.here` (a document that Ownhand serves), `ownhand.state`, `ownhand.serverCommands`. */
function contexts(server: Server): vscode.Disposable[] {
  const set = (key: string, value: unknown): void => void vscode.commands.executeCommand("setContext", key, value);
  const here = (editor: vscode.TextEditor | undefined): void => {
    set("ownhand.here", editor !== undefined && vscode.languages.match(selector, editor.document) > 0);
  };
  here(vscode.window.activeTextEditor);
  return [
    vscode.window.onDidChangeActiveTextEditor(here),
    server.onLife(({ state }) => {
      set("ownhand.state", state);
      set("ownhand.serverCommands", state === "running" ? server.commands : []);
    }),
  ];
}
