/** The language server's life as seen from the editor: start, restart with back-off, stop, and what it can do. */
import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type ErrorHandler,
  type LanguageClientOptions,
  type Middleware,
} from "vscode-languageclient/node";

import type { ServerStatus } from "./status_words.ts";

/** Only files in the formats of a manuscript, and untitled plain text: never commit boxes, chat inputs, settings. */
export const selector: { scheme: string; language?: string; pattern?: string }[] = [
  { scheme: "file", pattern: "**/*.{md,markdown,txt,fountain,org,tex}" },
  { scheme: "untitled", language: "plaintext" },
  { scheme: "untitled", language: "markdown" },
];

export type Life =
  | { readonly state: "needs set-up" }
  | { readonly state: "starting" }
  | { readonly state: "running" }
  | { readonly state: "stopped"; readonly why: string };

const restartsAllowed = 4;
const restartWindow = 3 * 60_000;

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly changed = new vscode.EventEmitter<Life>();
  private readonly reported = new vscode.EventEmitter<ServerStatus>();
  private deaths: number[] = [];
  private life: Life = { state: "starting" };
  readonly log: vscode.LogOutputChannel;
  readonly onLife = this.changed.event;
  readonly onStatus = this.reported.event;

  private readonly middleware: Middleware;

  constructor(log: vscode.LogOutputChannel, middleware: Middleware) {
    this.log = log;
    this.middleware = middleware;
  }

  get current(): Life {
    return this.life;
  }

  /** Commands that the running server knows; the palette and the keys offer nothing beyond them. */
  get commands(): readonly string[] {
    return this.client?.initializeResult?.capabilities.executeCommandProvider?.commands ?? [];
  }

  /**
   * Start `python -I -m ownhand serve`. `-I`: neither the environment nor the manuscript folder adds modules. The home
   * folder as its place, because the client would start it in the manuscript folder.
   */
  async start(python: string): Promise<void> {
    await this.stop();
    this.enter({ state: "starting" });
    const command = { command: python, args: ["-I", "-m", "ownhand", "serve"], options: { cwd: homedir() } };
    const client = new LanguageClient("ownhand", "Ownhand", command, this.options());
    this.client = client;
    client.onDidChangeState(({ newState }) => {
      if (this.client === client && newState === State.Running) this.enter({ state: "running" });
    });
    client.onNotification("ownhand/status", (status: ServerStatus) => {
      this.reported.fire(status);
    });
    try {
      await client.start();
    } catch (error) {
      this.log.error(String(error));
      this.enter({ state: "stopped", why: "Ownhand's server could not start." });
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.deaths = [];
    if (client === undefined) return;
    await client.dispose(2000).catch((error: unknown) => {
      this.log.warn(String(error));
    });
  }

  needsSetup(): void {
    this.enter({ state: "needs set-up" });
  }

  /** Run a command of the server's; undefined when it is not running, doesn't know the command or fails. */
  async execute(command: string, ...args: unknown[]): Promise<unknown> {
    if (this.client?.state !== State.Running || !this.commands.includes(command)) return undefined;
    try {
      return await this.client.sendRequest("workspace/executeCommand", { command, arguments: args });
    } catch (error) {
      this.log.error(`${command}: ${String(error)}`);
      return undefined;
    }
  }

  notify(method: string, params: object): void {
    if (this.client?.state !== State.Running) return;
    this.client.sendNotification(method, params).catch((error: unknown) => {
      this.log.warn(`${method}: ${String(error)}`);
    });
  }

  /** An inline item as the protocol writes it. */
  protocolItem(item: vscode.InlineCompletionItem): object {
    const converter = this.client?.code2ProtocolConverter;
    return {
      insertText: typeof item.insertText === "string" ? item.insertText : item.insertText.value,
      range: item.range === undefined ? undefined : converter?.asRange(item.range),
      command: item.command === undefined ? undefined : converter?.asCommand(item.command),
    };
  }

  dispose(): void {
    void this.stop();
    this.changed.dispose();
    this.reported.dispose();
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: selector,
      // The server then counts as shown what we say was shown, and presumes nothing.
      initializationOptions: { reportsShown: true },
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: this.errorHandler(),
      middleware: this.middleware,
    };
  }

  /** A dead server comes back by itself a few times; writing is never interrupted by a message. */
  private errorHandler(): ErrorHandler {
    return {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: async () => {
        const now = Date.now();
        this.deaths = [...this.deaths.filter((time) => now - time < restartWindow), now];
        if (this.deaths.length > restartsAllowed) {
          this.enter({ state: "stopped", why: "Ownhand's server ended several times in a row." });
          return { action: CloseAction.DoNotRestart, handled: true };
        }
        this.enter({ state: "starting" });
        await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** this.deaths.length));
        return { action: CloseAction.Restart, handled: true };
      },
    };
  }

  private enter(life: Life): void {
    this.life = life;
    this.changed.fire(life);
  }
}
