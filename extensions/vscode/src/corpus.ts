/** The answer of `ownhand.corpus`, read with care: a key that is missing or of another kind is left out. */
import { isJson, list, number, text, type Json } from "./json.ts";

export interface Piece {
  readonly id: string;
  readonly path: string;
  readonly title: string;
  readonly form: string;
  readonly words: number;
  readonly mine: string;
  readonly heldOut: string | undefined;
  readonly copyOf: string | undefined;
}

export interface Corpus {
  readonly pieces: readonly Piece[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly words: number;
  /** The writer allowed learning from this folder. */
  readonly learns: boolean;
  /** Why there is nothing, or what that many words can promise; "" when the server said neither. */
  readonly sentence: string;
}

/** Undefined when the server didn't answer at all. */
export function readCorpus(answer: unknown): Corpus | undefined {
  if (!isJson(answer)) return undefined;
  const pieces = list(answer["pieces"]).map(readPiece);
  const skipped = list(answer["skipped"]).map((one) => ({ path: text(one, "path"), reason: text(one, "reason") }));
  const words = number(answer, "words") || pieces.reduce((sum, piece) => sum + piece.words, 0);
  const sentence = text(answer, "promise") || text(answer, "sentence") || text(answer, "why");
  return { pieces, skipped, words, learns: text(answer, "consent") === "learn", sentence };
}

/** An added text from elsewhere has its whole path; a file of the folder has a path inside of it. */
export function isFromElsewhere({ path }: { readonly path: string }): boolean {
  return /^(?:\/|[A-Za-z]:)/.test(path);
}

function readPiece(piece: Json): Piece {
  return {
    id: text(piece, "id"),
    path: text(piece, "path"),
    title: text(piece, "title") || text(piece, "path"),
    form: text(piece, "form"),
    words: number(piece, "words"),
    mine: text(piece, "mine") || "mine",
    heldOut: text(piece, "held_out") || undefined,
    copyOf: text(piece, "copy_of") || undefined,
  };
}
