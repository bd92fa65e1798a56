/** The part that learns a hand: large, so it comes only when the writer wants to learn, and says first what it fetches. */
import * as vscode from "vscode";

import { Cancelled, ProgramFailed, run } from "./run.ts";

const setup = ["-I", "-m", "ownhand", "setup", "--training"];

/** Ask, then fetch. False when the writer or the machine said no; what went wrong was shown then. */
export async function fetchLearningPart(python: string, log: vscode.LogOutputChannel): Promise<boolean> {
  const options = { modal: true, detail: await whatItFetches(python) };
  const question = "To learn your hand, Ownhand needs one more part.";
  if ((await vscode.window.showInformationMessage(question, options, "Fetch it")) !== "Fetch it") return false;
  try {
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "Fetching the part that learns", cancellable: true },
      (progress, cancel) =>
        run(python, [...setup, "--yes"], cancel, (line) => {
          log.info(line);
          progress.report({ message: line });
        }),
    );
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

/** Asked without --yes, the set-up says what it would fetch and where from, and that nobody agreed. */
async function whatItFetches(python: string): Promise<string> {
  const lines: string[] = [];
  await run(python, setup, undefined, (line) => lines.push(line)).catch((error: unknown) => {
    if (!(error instanceof ProgramFailed)) throw error;
  });
  const said = lines.filter((line) => !/nobody is here|--yes|^Already there/i.test(line));
  if (!said.some((line) => line.includes("GB"))) said.push("PyTorch and what stands on it: some gigabytes.");
  return said.join("\n");
}

function explain(error: unknown): void {
  if (error instanceof Cancelled) {
    void vscode.window.showInformationMessage("Fetching was stopped. The next try goes on where it stopped.");
    return;
  }
  const reason = error instanceof Error ? error.message : String(error);
  void vscode.window.showErrorMessage(`The part that learns could not be fetched: ${reason}`);
}
