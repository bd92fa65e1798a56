import assert from "node:assert/strict";
import { test } from "node:test";

import { details } from "../src/status_words.ts";

const tale = { engine: "ollama", model: "tale:1b", voice: "learn", words: 13332 };

test("suggestions come from the model that serves", () => {
  const [first, ...others] = details({ ...tale, why: "" });
  assert.equal(first, "Suggestions come from tale:1b (ollama).");
  assert.deepEqual(others, ["Ownhand learns from this folder.", "It has read 13,332 words of yours."]);
  assert.equal(details({ ...tale, words: 1, why: "" }).at(-1), "It has read 1 word of yours.");
});

test("no suggestion is said to come from a model while something is wrong", () => {
  const why = "Ollama does not answer at http://127.0.0.1:11434. Start it with `ollama serve`.";
  assert.equal(details({ ...tale, why })[0], "The chosen model is tale:1b (ollama).");
  assert.deepEqual(details({ engine: "", model: "", why }), []);
});

test("the sitting's suggestions are counted, each fate in plain words", () => {
  const counts = { offered: 14, shown: 9, accepted: 3, partial: 1, typed_through: 0, typed_past: 2, dismissed: 1, rejected: 2 };
  assert.deepEqual(details({ counts }), [
    "You took 3 of 9 suggestions that you saw in this sitting, and the first words of 1 more.",
    "The others: 2 written otherwise, 1 put away, 2 not yours.",
  ]);
  assert.deepEqual(details({ counts: { offered: 1, shown: 1, accepted: 1 } }), [
    "You took 1 of 1 suggestion that you saw in this sitting.",
  ]);
  assert.deepEqual(details({ counts: { offered: 0, shown: 0, accepted: 0 } }), []);
});
