import assert from "node:assert/strict";
import { test } from "node:test";

import { isFromElsewhere, readCorpus } from "../src/corpus.ts";
import { piecesPage } from "../src/pieces_page.ts";

const commands = ["ownhand.mine", "ownhand.addSamples", "ownhand.removeSamples"];
const answer = {
  consent: "learn",
  pieces: [
    { id: "a1", path: "verse/tide.md", title: "Tide <script>alert(1)</script>", form: "verse", words: 112, mine: "mine" },
    { id: "b2", path: "odds/clipping.md", title: "", form: "prose", words: 1500, mine: "question", held_out: "every seventh" },
  ],
  skipped: [{ path: "cover.png", reason: "not text" }],
};

test("a title is shown as written and runs nothing", () => {
  const page = piecesPage("Ferry & Co", readCorpus(answer), commands, "n0nce");
  assert.ok(!page.includes("<script>alert"));
  assert.ok(page.includes("&#60;script&#62;alert(1)"));
  assert.ok(page.includes("Pieces of Ferry &#38; Co"));
});

test("an answered piece shows its answer, a question shows none", () => {
  const page = piecesPage("Ferry", readCorpus(answer), commands, "n");
  assert.match(page, /data-action="mine" data-id="a1" aria-pressed="true"/);
  assert.match(page, /data-action="mine" data-id="b2" aria-pressed="false"/);
  assert.match(page, /data-action="not mine" data-id="b2" aria-pressed="false"/);
  assert.match(page, /2 pieces \(1 in verse\), 1,612 words of yours/);
});

test("a server without that command gets no buttons", () => {
  const page = piecesPage("Ferry", readCorpus(answer), [], "n");
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
    learns: false,
    sentence: "You said no.",
  });
});

test("a text from elsewhere can be taken out, one of the folder can't", () => {
  const letters = { id: "c3", path: "/home/ida/letters & notes.txt", title: "Letters", form: "prose", words: 90, mine: "mine" };
  const corpus = readCorpus({ ...answer, pieces: [...answer.pieces, letters] });
  const page = piecesPage("Ferry", corpus, commands, "n");
  assert.equal(page.split('data-action="take out"').length, 2);
  assert.ok(page.includes('data-action="take out" data-id="/home/ida/letters &#38; notes.txt"'));
  assert.ok(page.includes("Add a text from elsewhere"));
  assert.ok(!piecesPage("Ferry", corpus, [], "n").includes("elsewhere…"));
  assert.deepEqual(["C:/ida/letters.txt", "verse/c.md"].map((path) => isFromElsewhere({ path })), [true, false]);
});

test("a folder that Ownhand doesn't learn from has no place for texts from elsewhere", () => {
  const page = piecesPage("Ferry", readCorpus({ consent: "suggest", pieces: [], sentence: "It only suggests." }), commands, "n");
  assert.ok(page.includes("It only suggests."));
  assert.ok(!page.includes('data-action="add"'));
});
