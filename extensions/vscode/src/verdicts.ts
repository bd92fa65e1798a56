/** The answer of `ownhand.verdicts`, read with care: a key that is missing or of another kind reads as nothing. */
import { isJson, list, number, text, type Json } from "./json.ts";

/** How often what happened; to all suggestions, or to those of one kind. */
export interface Figures {
  readonly offered: number;
  readonly shown: number;
  readonly accepted: number;
  readonly partial: number;
  readonly typedThrough: number;
  readonly typedPast: number;
  readonly dismissed: number;
  readonly rejected: number;
  readonly unseen: number;
  /** Of `looked`, those that were taken and old enough to tell, how many were there still after five minutes. */
  readonly kept: number;
  readonly looked: number;
  /** Share of those shown that were taken, whole or in part; undefined when none was shown. */
  readonly rate: number | undefined;
  readonly keystrokesSaved: number;
}

export interface Recent {
  /** The suggestion's id. */
  readonly suggestion: string;
  /** Unix seconds. */
  readonly at: number;
  /** "" while nothing is known of a suggestion that was shown. */
  readonly fate: string;
  /** "command", "editor" or "inferred". */
  readonly learned: string;
  /** From 0 to 1. */
  readonly sure: number;
  readonly form: string;
  readonly model: string;
  readonly adapter: string;
  /** Texts are "" when they aren't kept any more, or never were. */
  readonly before: string;
  readonly text: string;
  readonly instead: string;
  readonly settled: string;
  readonly reason: string;
  readonly keptFiveMinutes: boolean | undefined;
  /** It was taken, and all of it is gone from the text again. */
  readonly removed: boolean;
}

export interface Table {
  readonly heading: string;
  readonly rows: readonly { readonly name: string; readonly figures: Figures }[];
}

export interface Verdicts {
  readonly all: Figures;
  readonly tables: readonly Table[];
  readonly recent: readonly Recent[];
  /** What to know, or why there is nothing to show; "" when the server said neither. */
  readonly sentence: string;
}

const tables: readonly (readonly [key: string, heading: string])[] = [
  ["by_form", "Form"],
  ["by_length", "Length in words"],
  ["by_model", "Model"],
  ["by_adapter", "What Ownhand had learnt"],
];

/** Undefined when the server didn't answer at all. */
export function readVerdicts(answer: unknown): Verdicts | undefined {
  if (!isJson(answer)) return undefined;
  return {
    all: readFigures(answer),
    tables: tables.map(([key, heading]) => ({ heading, rows: readRows(answer[key]) })),
    recent: list(answer["recent"]).map(readRecent),
    sentence: text(answer, "sentence"),
  };
}

function readFigures(json: Json): Figures {
  const shown = number(json, "shown");
  const rate = json["acceptance_rate"];
  return {
    offered: number(json, "offered"),
    shown,
    accepted: number(json, "accepted"),
    partial: number(json, "partial"),
    typedThrough: number(json, "typed_through"),
    typedPast: number(json, "typed_past"),
    dismissed: number(json, "dismissed"),
    rejected: number(json, "rejected"),
    unseen: number(json, "unseen"),
    kept: number(json, "kept_300s"),
    looked: Math.max(number(json, "looked_300s"), number(json, "kept_300s")),
    rate: shown > 0 && typeof rate === "number" ? rate : undefined,
    keystrokesSaved: number(json, "keystrokes_saved"),
  };
}

/** {"prose": {figures}, …}. "none" stands for no adapter. */
function readRows(value: unknown): Table["rows"] {
  if (!isJson(value)) return [];
  return Object.entries(value).flatMap(([name, row]) =>
    isJson(row) ? [{ name: name === "none" ? "nothing of yours yet" : name, figures: readFigures(row) }] : [],
  );
}

function readRecent(json: Json): Recent {
  const kept = json["kept_300s"];
  return {
    suggestion: text(json, "suggestion"),
    at: number(json, "at"),
    fate: text(json, "fate"),
    learned: text(json, "learned"),
    sure: typeof json["sure"] === "number" ? json["sure"] : 1,
    form: text(json, "form"),
    model: text(json, "model"),
    adapter: text(json, "adapter"),
    before: text(json, "before"),
    text: text(json, "text"),
    instead: text(json, "instead"),
    settled: text(json, "settled"),
    reason: text(json, "reason"),
    keptFiveMinutes: typeof kept === "boolean" ? kept : undefined,
    removed: json["removed"] === true,
  };
}
