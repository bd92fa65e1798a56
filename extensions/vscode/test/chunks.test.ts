import assert from "node:assert/strict";
import { test } from "node:test";

import { insertedAt, nextLine, nextWord, partTaken, remainder } from "../src/chunks.ts";

function taken(text: string, take: (text: string) => string): string[] {
  const parts: string[] = [];
  for (let rest = text; rest !== ""; rest = rest.slice(parts.at(-1)?.length)) {
    const part = take(rest);
    assert.notEqual(part, "", `nothing taken from ${JSON.stringify(rest)}`);
    parts.push(part);
  }
  return parts;
}

test("a word comes with the space before it", () => {
  assert.deepEqual(taken(" sea was grey.", nextWord), [" sea", " was", " grey", "."]);
});

test("an apostrophe stays inside its word, a quotation mark with the word behind it", () => {
  assert.deepEqual(taken("n’t, she said. “Don't go,” he", nextWord), [
    "n’t", ",", " she", " said", ".", " “Don't", " go", ",”", " he",
  ]);
});

test("a dash between spaces is a step of its own", () => {
  assert.deepEqual(taken(" rain — and after", nextWord), [" rain", " —", " and", " after"]);
});

test("a verse line's end and indent belong to the word behind them", () => {
  assert.deepEqual(taken("grey\n    stones,\n\nthe", nextWord), ["grey", "\n    stones", ",", "\n\nthe"]);
});

test("Japanese and astral characters are never cut", () => {
  assert.equal(taken("船は、港を出た。𝄞 🧑‍🚀", nextWord).join(""), "船は、港を出た。𝄞 🧑‍🚀");
  assert.equal(nextWord("🧑‍🚀 went"), "🧑‍🚀");
});

test("a line ends before its line end", () => {
  assert.deepEqual(taken("one\n  two\n\nthree", nextLine), ["one", "\n  two", "\n\nthree"]);
});

test("typing through leaves the rest, going astray leaves nothing", () => {
  assert.equal(remainder("the sea", ""), "the sea");
  assert.equal(remainder("the sea", "the"), " sea");
  assert.equal(remainder("grey\nstones", "grey\r\nst"), "ones");
  assert.equal(remainder("the sea", "the s3"), undefined);
  assert.equal(remainder("the sea", "the sea"), undefined);
});

test("what was inserted is read from the text, wherever the same words stand already", () => {
  const before = "the sea the boats";
  assert.equal(insertedAt(before, "the sea the sea the boats", 7), " the sea");
  assert.equal(insertedAt(before, "the sea\r\nthe the boats", 7), "\r\nthe");
  assert.equal(insertedAt(before, before, 7), "");
  assert.equal(insertedAt(before, "the boats", 7), "");
  assert.equal(insertedAt(before, "The sea was the boats", 7), "", "something else changed as well");
});

test("a part that was taken is counted from the start of the suggestion, in UTF-16 units", () => {
  assert.equal(partTaken(" saw that the water", 0, " saw"), 4);
  assert.equal(partTaken(" that the water", 4, " that"), 9);
  assert.equal(partTaken(" 𝄞 and a reel", 0, " 𝄞"), 3);
  assert.equal(partTaken("grey\n    stones", 0, "grey\r\n    st"), 11, "a line end counts as the server wrote it");
});

test("another's words, a space, and the whole rest are no part of ours", () => {
  assert.equal(partTaken(" saw that", 0, " const"), undefined);
  assert.equal(partTaken(" saw that", 0, " "), undefined);
  assert.equal(partTaken(" saw that", 0, ""), undefined);
  assert.equal(partTaken(" that", 4, " that"), undefined);
  assert.equal(partTaken(" that", 4, " that the"), undefined);
});
