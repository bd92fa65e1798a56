/** The answers of `ownhand.reveal`: places shown without names, and then whose each text was. Read with care. */
import { isJson, list, text } from "./json.ts";

export interface Place {
  readonly title: string;
  /** What stands before the place. */
  readonly before: string;
  /** Three ways in which the text goes on, in an order that only the server knows. */
  readonly texts: readonly string[];
}

export interface Reveal {
  readonly adapter: string;
  readonly places: readonly Place[];
}

/** Whose the texts were. */
export interface Told {
  /** Per place: "yours", "before" or "with your voice" for each text. */
  readonly labels: readonly (readonly string[])[];
  /** Per place: the text that the writer chose. */
  readonly chosen: readonly number[];
  readonly sentence: string;
}

/** Undefined when there is nothing to show: the server said why, or did not answer. */
export function readReveal(answer: unknown): Reveal | undefined {
  if (!isJson(answer)) return undefined;
  const places = list(answer["places"]).map((place) => ({
    title: text(place, "title"),
    before: text(place, "before"),
    texts: strings(place["texts"]),
  }));
  const adapter = text(answer, "adapter");
  return adapter === "" || places.length === 0 ? undefined : { adapter, places };
}

/** A voice that waits without a place to show it at: what its exam found. */
export function readUnseen(answer: unknown): { readonly adapter: string; readonly sentence: string } | undefined {
  if (!isJson(answer) || !Array.isArray(answer["places"]) || answer["places"].length > 0) return undefined;
  const adapter = text(answer, "adapter");
  return adapter === "" ? undefined : { adapter, sentence: text(answer, "sentence") };
}

export function readTold(answer: unknown, chosen: readonly number[]): Told | undefined {
  if (!isJson(answer) || !Array.isArray(answer["labels"])) return undefined;
  return { labels: answer["labels"].map(strings), chosen, sentence: text(answer, "sentence") };
}

/** What the page's form says: the number of the chosen text under the number of its place. Undefined while one lacks. */
export function readChosen(form: unknown, places: number): number[] | undefined {
  if (!isJson(form)) return undefined;
  const chosen = Array.from({ length: places }, (_, place) => Number.parseInt(text(form, String(place)), 10));
  return chosen.some((one) => Number.isNaN(one)) ? undefined : chosen;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
