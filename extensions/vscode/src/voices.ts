/** The answer of `ownhand.voices`: the voices that were learned in a folder, the last one first. */
import { isJson, list, text, type Json } from "./json.ts";

export interface LearnedVoice {
  readonly id: string;
  readonly active: boolean;
  /** "passed", "declined" or "undecided". */
  readonly decision: string;
  /** Why, in a sentence for the writer. */
  readonly why: string;
  /** When it was learned, as ISO 8601 writes it; "" when unknown. */
  readonly made: string;
  /** What it was learned upon. */
  readonly model: string;
}

export interface Voices {
  readonly learned: readonly LearnedVoice[];
  readonly withoutVoice: boolean;
  /** The voice that waits for the writer's choice, "" for none. */
  readonly reveal: string;
  /** What went wrong, or "". */
  readonly sentence: string;
}

/** Undefined when the server didn't answer at all. */
export function readVoices(answer: unknown): Voices | undefined {
  if (!isJson(answer)) return undefined;
  const learned = list(answer["adapters"]).map(readVoice);
  return {
    learned: learned.sort((one, other) => other.made.localeCompare(one.made) || Number(other.id) - Number(one.id)),
    withoutVoice: answer["withoutVoice"] === true,
    reveal: text(answer, "reveal"),
    sentence: text(answer, "sentence"),
  };
}

function readVoice(adapter: Json): LearnedVoice {
  return {
    id: text(adapter, "id"),
    active: adapter["active"] === true,
    decision: text(adapter, "decision"),
    why: text(adapter, "why"),
    made: text(adapter, "made") || text(adapter, "created"),
    model: text(adapter, "model"),
  };
}

/** "Voice 3, learned on 24 November 2026". The day is the reader's own. */
export function voiceName({ id, made }: LearnedVoice): string {
  const day = new Date(made);
  if (Number.isNaN(day.getTime())) return `Voice ${id}`;
  const written = day.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  return `Voice ${id}, learned on ${written}`;
}

/** Short words for what a voice is now: "writes now", "waits for your choice", … */
export function standing(voice: LearnedVoice, { withoutVoice, reveal }: Voices): string {
  if (voice.active) return withoutVoice ? "chosen, but silent" : "writes now";
  if (voice.id === reveal) return "waits for your choice";
  return { passed: "passed its test", declined: "did not pass its test", undecided: "could not be tested" }[voice.decision] ?? "";
}
