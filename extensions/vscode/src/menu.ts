/** The menu behind the status bar item: plain words, and only what can be done now. */
import * as vscode from "vscode";

import { isUnderWay, progressInWords, readOwnVoice, readTraining } from "./learning.ts";
import type { Server } from "./server.ts";
import type { StatusBar } from "./status.ts";

interface Choice extends vscode.QuickPickItem {
  readonly run?: string;
  /** Shown only when the server knows this command. */
  readonly needs?: string;
}

/** What else the menu depends on. */
export interface Now {
  /** The line under words from suggestions is on. */
  readonly provenance: boolean;
  /** A suggestion was shown in this sitting. */
  readonly seen: boolean;
}

export async function showMenu(server: Server, status: StatusBar, now: Now): Promise<void> {
  const picked = await vscode.window.showQuickPick(choices(server, status, now), {
    title: "Ownhand",
    placeHolder: status.sentence,
  });
  if (picked?.run !== undefined) await vscode.commands.executeCommand(picked.run);
}

function choices(server: Server, status: StatusBar, now: Now): Choice[] {
  const always: Choice[] = [
    { label: "$(book) Get started with Ownhand", run: "ownhand.ui.walkthrough" },
    { label: "$(gear) Settings", run: "ownhand.ui.settings" },
    { label: "$(output) Show the log", run: "ownhand.ui.log" },
  ];
  const state = server.current.state;
  if (state === "needs set-up") return [{ label: "$(cloud-download) Set up Ownhand…", run: "ownhand.ui.setUp" }, ...always];
  if (state === "stopped") return [{ label: "$(debug-restart) Start Ownhand again", run: "ownhand.ui.start" }, ...always];
  if (state === "starting") return always;
  return [...whileRunning(server, status, now), ...always];
}

function whileRunning(server: Server, status: StatusBar, now: Now): Choice[] {
  const quiet = status.latest.quiet === true;
  const consent = { run: "ownhand.ui.consent", needs: "ownhand.consent" };
  const offered: Choice[] = [
    ...(status.questionWaits ? [{ label: "$(question) Say what Ownhand may do in this folder", ...consent }] : []),
    ...reveal(status),
    { label: "$(lightbulb) Suggest something here", run: "ownhand.ui.ask" },
    {
      label: quiet ? "$(bell) Let suggestions come by themselves again" : "$(bell-slash) Be quiet until I ask",
      run: "ownhand.ui.quiet",
      needs: "ownhand.quiet",
    },
    { label: "$(file) Be quiet in this file, or speak again", run: "ownhand.ui.quietHere", needs: "ownhand.quiet" },
    { label: "$(list-unordered) The pieces that Ownhand knows", run: "ownhand.ui.pieces", needs: "ownhand.corpus" },
    {
      label: "$(checklist) What became of the suggestions",
      run: "ownhand.ui.verdicts",
      needs: "ownhand.verdicts",
    },
    ...learning(status),
    ...(now.seen ? [{ label: "$(close) Not mine: the last suggestion", run: "ownhand.ui.reject", needs: "ownhand.reject" }] : []),
    {
      label: now.provenance ? "$(eye-closed) Hide whose words these are" : "$(eye) Show whose words these are",
      run: "ownhand.ui.provenance",
      needs: "ownhand.provenance",
    },
    {
      label: "$(library) Choose the model…",
      description: status.latest.model ?? "",
      run: "ownhand.ui.model",
      needs: "ownhand.models",
    },
    ...(status.questionWaits ? [] : [{ label: "$(question) Ask again what Ownhand may do in this folder", ...consent }]),
    { label: "$(info) What is Ownhand doing?", detail: status.lines.join(" "), run: "ownhand.ui.status" },
  ];
  return offered.filter(({ needs }) => needs === undefined || server.commands.includes(needs));
}

/** A voice waits for the writer's choice. */
function reveal(status: StatusBar): Choice[] {
  if (readOwnVoice(status.latest.ownVoice).reveal === "") return [];
  return [{ label: "$(eye) See what Ownhand has learned of your hand", run: "ownhand.ui.reveal", needs: "ownhand.reveal" }];
}

function learning(status: StatusBar): Choice[] {
  const training = readTraining(status.latest.learning);
  const { adapter, withoutVoice } = readOwnVoice(status.latest.ownVoice);
  const description = progressInWords(training);
  const giveUp = { label: "$(close-all) Give up learning…", run: "ownhand.ui.cancel", needs: "ownhand.cancel" };
  const steps: Choice[] = isUnderWay(training)
    ? [{ label: "$(debug-pause) Pause learning", description, run: "ownhand.ui.pause", needs: "ownhand.pause" }, giveUp]
    : training.state === "paused"
      ? [{ label: "$(play) Go on learning", description, run: "ownhand.ui.resume", needs: "ownhand.resume" }, giveUp]
      : [{ label: "$(mortar-board) Learn my hand", run: "ownhand.ui.train", needs: "ownhand.train" }];
  const toggle: Choice = {
    label: withoutVoice ? "$(person) Write with my voice again" : "$(circle-slash) Write without my voice",
    run: "ownhand.ui.withoutVoice",
    needs: "ownhand.withoutVoice",
  };
  return [
    ...steps,
    { label: "$(list-selection) The voices that Ownhand has learned…", run: "ownhand.ui.voices", needs: "ownhand.voices" },
    ...(adapter !== "" || withoutVoice ? [toggle] : []),
  ];
}
