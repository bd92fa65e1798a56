import assert from "node:assert/strict";
import { test } from "node:test";

import { details } from "../src/status_words.ts";

const tale = { engine: "ollama", model: "tale:1b", voice: "learn", words: 13332 };

test("suggestions come from the model that serves", () => {
  const [first, ...others] = details({ ...tale, why: "" });
  assert.equal(first, "Suggestions come from tale:1b (ollama).");
  assert.deepEqual(others, ["Ownhand learns from this folder.", "It has read 13,332 words of yours."]);
});

test("no suggestion is said to come from a model while something is wrong", () => {
  const why = "Ollama does not answer at http://127.0.0.1:11434. Start it with `ollama serve`.";
  assert.equal(details({ ...tale, why })[0], "The chosen model is tale:1b (ollama).");
  assert.deepEqual(details({ engine: "", model: "", why }), []);
});
