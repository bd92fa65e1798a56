import assert from "node:assert/strict";
import { test } from "node:test";

import { readCorpus } from "../src/corpus.ts";
import { piecesPage } from "../src/pieces_page.ts";

const answer = {
  pieces: [
    { id: "a1", path: "verse/tide.md", title: "Tide <script>alert(1)</script>", form: "verse", words: 112, mine: "mine" },
    { id: "b2", path: "odds/clipping.md", title: "", form: "prose", words: 1500, mine: "question", held_out: "every seventh" },
  ],
  skipped: [{ path: "cover.png", reason: "not text" }],
};

test("a title is shown as written and runs nothing", () => {
  const page = piecesPage("Ferry & Co", readCorpus(answer), true, "n0nce");
  assert.ok(!page.includes("<script>alert"));
  assert.ok(page.includes("&#60;script&#62;alert(1)"));
  assert.ok(page.includes("Pieces of Ferry &#38; Co"));
});

test("an answered piece shows its answer, a question shows none", () => {
  const page = piecesPage("Ferry", readCorpus(answer), true, "n");
  assert.match(page, /data-action="mine" data-id="a1" aria-pressed="true"/);
  assert.match(page, /data-action="mine" data-id="b2" aria-pressed="false"/);
  assert.match(page, /data-action="not mine" data-id="b2" aria-pressed="false"/);
  assert.match(page, /2 pieces \(1 in verse\), 1,612 words of yours/);
});

test("a server without that command gets no buttons", () => {
  const page = piecesPage("Ferry", readCorpus(answer), false, "n");
  assert.ok(!page.includes('data-action="mine"'));
  assert.ok(page.includes("mine?"));
});

test("an answer of another shape is no answer", () => {
  assert.equal(readCorpus(null), undefined);
  assert.equal(readCorpus([1]), undefined);
  assert.deepEqual(readCorpus({ pieces: "none", skipped: [3], why: "You said no." }), {
    pieces: [],
    skipped: [],
    words: 0,
    sentence: "You said no.",
  });
});
