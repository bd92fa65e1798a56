/** The answer of `ownhand.provenance`: whose words a document is made of. Never "typed": nobody can know that. */
import { isJson, list, number, text, type Json } from "./json.ts";

/** A stretch of text, by line and UTF-16 character, both from 0. */
export interface Stretch {
  readonly start: readonly [line: number, character: number];
  readonly end: readonly [line: number, character: number];
}

export interface FromOwnhand extends Stretch {
  /** The suggestion's id, "" when it isn't known any more. */
  readonly suggestion: string;
}

export interface Whose {
  readonly fromOwnhand: readonly FromOwnhand[];
  /** Kind and share of the characters, the largest first. */
  readonly shares: readonly (readonly [kind: string, share: number])[];
  /** The version of the document that this is about; undefined when the server didn't say. */
  readonly version: number | undefined;
  /** Why nothing is known, or "". */
  readonly sentence: string;
}

export const ours = "from Ownhand";

/** Undefined when the server didn't answer at all. */
export function readWhose(answer: unknown): Whose | undefined {
  if (!isJson(answer)) return undefined;
  const version = answer["version"];
  const shares = isJson(answer["shares"]) ? Object.entries(answer["shares"]) : [];
  return {
    fromOwnhand: list(answer["spans"]).flatMap((span) => (text(span, "kind") === ours ? readSpan(span) : [])),
    shares: shares
      .filter((one): one is [string, number] => typeof one[1] === "number" && one[1] > 0)
      .sort(([, one], [, other]) => other - one),
    version: typeof version === "number" ? version : undefined,
    sentence: text(answer, "sentence"),
  };
}

/** "Here 81 % is not from Ownhand, 12 % from Ownhand, 7 % pasted." */
export function sharesInWords({ shares, sentence }: Whose): string {
  if (shares.length === 0) return sentence || "There are no words here yet.";
  const parts = shares.map(([kind, share], index) => `${percent(share)}${index === 0 ? " is" : ""} ${kind}`);
  return `Here ${parts.join(", ")}.`;
}

function readSpan(span: Json): FromOwnhand[] {
  const range = span["range"];
  if (!isJson(range) || !isJson(range["start"]) || !isJson(range["end"])) return [];
  return [{ start: place(range["start"]), end: place(range["end"]), suggestion: text(span, "suggestion") }];
}

function place(position: Json): [number, number] {
  return [number(position, "line"), number(position, "character")];
}

function percent(share: number): string {
  const whole = Math.round(share * 100);
  return whole === 0 ? "under 1 %" : `${whole} %`;
}
