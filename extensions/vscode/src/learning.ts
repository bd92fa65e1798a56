/** What the server says of learning the writer's hand: how far it is, and which voice writes. Read with care. */
import { isJson, number, text } from "./json.ts";

/** Learning, as `ownhand/status` tells it. `state` is one of the words of `ownhand train`; "idle" when unknown. */
export interface Training {
  readonly state: string;
  /** One line for the writer, or "". */
  readonly sentence: string;
  readonly step: number;
  readonly steps: number;
  /** What is left, in seconds; undefined while nobody can tell. */
  readonly etaSeconds: number | undefined;
}

export interface OwnVoice {
  /** Whose numbers the others are: numbers begin anew with every voice. */
  readonly voice: string;
  /** The learned voice that writes, "" for none. */
  readonly adapter: string;
  readonly withoutVoice: boolean;
  /** The voice that waits for the writer's choice, "" for none. */
  readonly reveal: string;
  readonly sentence: string;
}

export function readTraining(value: unknown): Training {
  const training = isJson(value) ? value : {};
  const eta = training["etaSeconds"];
  return {
    state: text(training, "state") || "idle",
    sentence: text(training, "sentence"),
    step: number(training, "step"),
    steps: number(training, "steps"),
    etaSeconds: typeof eta === "number" ? eta : undefined,
  };
}

export function readOwnVoice(value: unknown): OwnVoice {
  const voice = isJson(value) ? value : {};
  return {
    voice: text(voice, "voice"),
    adapter: text(voice, "adapter"),
    withoutVoice: voice["withoutVoice"] === true,
    reveal: text(voice, "reveal"),
    sentence: text(voice, "sentence"),
  };
}

const atWork: readonly string[] = ["preparing", "training", "evaluating"];

/** It learns now: it can be paused. */
export function isUnderWay({ state }: Training): boolean {
  return atWork.includes(state);
}

/** "42 %, about 9 minutes left"; "" when there is nothing to count. */
export function progressInWords({ step, steps, etaSeconds }: Training): string {
  const parts = steps > 0 ? [`${Math.floor((100 * Math.min(step, steps)) / steps)} %`] : [];
  if (etaSeconds !== undefined) parts.push(timeLeft(etaSeconds));
  return parts.join(", ");
}

/** Everything in one line: "Ownhand learns your hand. 42 %, about 9 minutes left." "" while it is idle. */
export function trainingInWords(training: Training): string {
  if (training.state === "idle") return training.sentence;
  const sentence = training.sentence || (states[training.state] ?? `Learning: ${training.state}.`);
  const progress = isUnderWay(training) && !/\d ?%|minute/.test(sentence) ? progressInWords(training) : "";
  return progress === "" ? sentence : `${sentence} ${progress}.`;
}

const states: Readonly<Record<string, string>> = {
  waiting: "Learning waits.",
  preparing: "Ownhand makes ready to learn your hand.",
  training: "Ownhand learns your hand.",
  paused: "Learning rests; nothing is lost.",
  evaluating: "Ownhand tests what it learned, on pages that it has not seen.",
  passed: "What Ownhand learned of your hand passed its test.",
  declined: "What Ownhand learned did not pass its test; all stays as it was.",
  failed: "Learning stopped.",
};

function timeLeft(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "less than a minute left";
  if (minutes === 1) return "about a minute left";
  return minutes < 90 ? `about ${minutes} minutes left` : `about ${Math.round(minutes / 60)} hours left`;
}
