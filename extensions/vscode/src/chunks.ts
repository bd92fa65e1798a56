/** How much of a ghost text one key press takes. Lengths are UTF-16 units, as everywhere in an editor. */

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * White space in front, then one word (UAX 29) with the punctuation glued to its front. Punctuation that stands before
 * a space or the end is a step of its own, so that a writer can take the word and leave the full stop.
 */
export function nextWord(text: string): string {
  const space = /^\s*/u.exec(text)?.[0] ?? "";
  let end = space.length;
  for (const { segment, isWordLike } of words.segment(text.slice(space.length))) {
    if (/^\s/u.test(segment)) break;
    end += segment.length;
    if (isWordLike === true) break;
  }
  return text.slice(0, end);
}

/** Up to the next line end; a line end at the very front belongs to the line behind it. */
export function nextLine(text: string): string {
  return /^\n*[^\n]*/.exec(text)?.[0] ?? "";
}

/** What is left of `offered` once `typed` stands in the text, or undefined when the writer went another way. */
export function remainder(offered: string, typed: string): string | undefined {
  const plain = typed.replaceAll("\r\n", "\n");
  return offered.startsWith(plain) && offered.length > plain.length ? offered.slice(plain.length) : undefined;
}

/** What was inserted at `offset`, by the text before and after; "" when something else than that happened. */
export function insertedAt(before: string, after: string, offset: number): string {
  const length = after.length - before.length;
  if (length <= 0 || after.slice(0, offset) !== before.slice(0, offset)) return "";
  return after.slice(offset + length) === before.slice(offset) ? after.slice(offset, offset + length) : "";
}

/**
 * How much of a suggestion, `rest` of which was ghost text, stands in the text after `inserted` came behind the `taken`
 * first units of it. Undefined when that doesn't show a part of it being taken: other words, none at all (white space
 * begins nearly every suggestion, whoever made it), or the whole rest, which has its own command.
 */
export function partTaken(rest: string, taken: number, inserted: string): number | undefined {
  const plain = inserted.replaceAll("\r\n", "\n");
  if (plain.trim() === "" || plain.length >= rest.length || !rest.startsWith(plain)) return undefined;
  return taken + plain.length;
}
