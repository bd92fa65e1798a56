import assert from "node:assert/strict";
import { test } from "node:test";

import { afterwards, fateInWords, howKnown } from "../src/verdict_words.ts";
import { readVerdicts, type Recent } from "../src/verdicts.ts";
import { verdictsPage } from "../src/verdicts_page.ts";

const figures = {
  offered: 40, shown: 20, accepted: 5, partial: 2, typed_through: 1, typed_past: 7, dismissed: 3, rejected: 2,
  unseen: 20, kept_300s: 4, looked_300s: 6, acceptance_rate: 0.35, keystrokes_saved: 1204,
};

const answer = {
  ...figures,
  by_form: { prose: { ...figures, offered: 31 }, verse: { ...figures, offered: 9 } },
  by_adapter: { none: figures },
  by_model: { "tale <1b>": figures },
  recent: [
    {
      suggestion: "s2", at: 1_795_000_000, fate: "typed_past", learned: "inferred", sure: 0.7, form: "prose", model: "tale:1b",
      before: "# The ferry\n\nThe ferryman looked across the river and", text: " saw <b>nothing</b> & no one.", instead: "\nspat\ninto it", settled: null,
    },
  ],
};

function recent(facts: Readonly<Record<string, unknown>>): Recent {
  const one = readVerdicts({ recent: [facts] })?.recent[0];
  assert.ok(one);
  return one;
}

test("fates are told in plain words, with what was written instead", () => {
  assert.equal(fateInWords(recent({ fate: "accepted" })), "you took it");
  assert.equal(fateInWords(recent({ fate: "partial" })), "you took the first words");
  assert.equal(fateInWords(recent({ fate: "typed_past", instead: " the tide\nwent out" })), "you wrote something else: “the tide / went out”");
  assert.equal(fateInWords(recent({ fate: "dismissed", instead: "rain" })), "put away; then you wrote “rain”");
  assert.equal(fateInWords(recent({ fate: "rejected", reason: "cliché" })), "not yours: cliché");
  assert.equal(fateInWords(recent({ fate: "unseen" })), "not seen");
  assert.equal(fateInWords(recent({ fate: null })), "still open");
  assert.equal(fateInWords(recent({ fate: "carried_off" })), "carried off");
});

test("what was inferred says so, and what a key said needs no word", () => {
  assert.equal(howKnown(recent({ fate: "accepted", learned: "command" })), "");
  assert.equal(howKnown(recent({ fate: "typed_past", learned: "inferred", sure: 1 })), "told from the text");
  assert.equal(howKnown(recent({ fate: "typed_past", learned: "inferred", sure: 0.6 })), "told from the text, and not sure");
});

test("what became of the words later is told only of words that were taken", () => {
  assert.equal(afterwards(recent({ fate: "accepted", text: " lie down", settled: " lie down", kept_300s: true })), "there still after five minutes");
  assert.equal(afterwards(recent({ fate: "accepted", text: " lie down", settled: " lie still" })), "it reads now: “lie still”");
  assert.equal(afterwards(recent({ fate: "accepted", text: " lie down", kept_300s: false })), "changed or gone within five minutes");
  assert.equal(afterwards(recent({ fate: "partial", text: " lie down", removed: true })), "gone from the text again");
  assert.equal(afterwards(recent({ fate: "dismissed", text: " lie down", kept_300s: true })), "");
});

test("the page has figures, tables and the last suggestions, and runs nothing that was written into it", () => {
  const page = verdictsPage("Ferry & Co", readVerdicts(answer), "n0nce");
  assert.ok(page.includes("What became of the suggestions in Ferry &#38; Co"));
  assert.ok(page.includes("You saw 20 suggestions and took 7, 35 % of them."));
  assert.ok(page.includes("<dt>kept at five minutes</dt><dd>4 of 6</dd>"));
  assert.ok(page.includes("<dt>keystrokes saved</dt><dd>1,204</dd>"));
  assert.ok(page.includes("<td>verse</td>"));
  assert.ok(page.includes("<td>nothing of yours yet</td>"), "no adapter");
  assert.ok(page.includes("tale &#60;1b&#62;"));
  assert.ok(page.includes('"context">The ferryman looked across the river and <mark>saw &#60;b&#62;nothing&#60;/b&#62; &#38; no one.</mark>'));
  assert.ok(page.includes("you wrote something else: “spat / into it”"));
  assert.ok(!page.includes("<b>nothing"));
  assert.match(page, /script-src 'nonce-n0nce'/);
});

test("before the first suggestion the page says how to have one", () => {
  const page = verdictsPage("Ferry", readVerdicts({ offered: 0, recent: [] }), "n");
  assert.ok(page.includes("suggested nothing in this folder yet"));
  assert.ok(page.includes("Ctrl+Shift+Space"));
  assert.ok(page.includes("Look again"));
  assert.ok(verdictsPage("Ferry", readVerdicts({ sentence: "You said <no>." }), "n").includes("You said &#60;no&#62;."));
  assert.ok(verdictsPage("Ferry", undefined, "n").includes("isn't running"));
});

test("a text that is kept no longer is not made up", () => {
  const page = verdictsPage("Ferry", readVerdicts({ ...figures, recent: [{ fate: "accepted", at: 1, text: null, before: null }] }), "n");
  assert.ok(page.includes("The words are not kept."));
  assert.ok(page.includes("you took it"));
});
