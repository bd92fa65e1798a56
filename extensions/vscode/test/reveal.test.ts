import assert from "node:assert/strict";
import { test } from "node:test";

import { readChosen, readReveal, readTold, readUnseen } from "../src/reveal.ts";
import { blindPage, toldPage } from "../src/reveal_page.ts";

const answer = {
  adapter: "1",
  places: [
    { title: "Low water", before: "the rope\n    hangs slack", texts: ["\non its ring\n    of rust", " <b>bold</b> gulls", "on the quay"] },
    { title: "The ferry", before: "Marta trimmed the lamp and", texts: [" set it down.", " waited.", " went to bed."] },
  ],
};

test("the question shows every text and no name", () => {
  const reveal = readReveal(answer);
  assert.ok(reveal);
  const page = blindPage(reveal, "n");
  for (const text of ["on its ring\n    of rust", "&#60;b&#62;bold&#60;/b&#62; gulls", "went to bed."]) assert.ok(page.includes(text), text);
  for (const name of ["Yours", "Before it learned", "With your voice"]) assert.ok(!page.includes(name), name);
  assert.equal(page.match(/type="radio"/g)?.length, 6);
});

test("nothing to show is no question", () => {
  assert.equal(readReveal({ sentence: "No voice waits for you." }), undefined);
  assert.equal(readReveal({ adapter: "1", places: [] }), undefined);
  assert.equal(readUnseen({ sentence: "No voice waits for you." }), undefined);
  assert.equal(readUnseen(answer), undefined);
  assert.deepEqual(readUnseen({ adapter: "1", places: [], sentence: "It is better." }), { adapter: "1", sentence: "It is better." });
});

test("a choice lacks until each place has one", () => {
  assert.deepEqual(readChosen({ 0: "2", 1: "0" }, 2), [2, 0]);
  assert.equal(readChosen({ 0: "2" }, 2), undefined);
  assert.equal(readChosen(undefined, 2), undefined);
});

test("the answer names each text and the one that was chosen", () => {
  const reveal = readReveal(answer);
  const labels = [["before", "with your voice", "yours"], ["yours", "before", "with your voice"]];
  const told = readTold({ labels, chosen: ["yours", "yours"], sentence: "You knew yourself twice." }, [2, 0]);
  assert.ok(reveal && told);
  const page = toldPage(reveal, told, undefined, "n");
  assert.match(page, /You knew yourself twice\./);
  assert.match(page, /chosen"><span><span class="whose">Yours<small>you chose this one<\/small><\/span><span class="text">on the quay/);
  assert.ok(page.includes("Use it") && page.includes("Not yet"));
  const decided = toldPage(reveal, told, "Your voice writes from now on.", "n");
  assert.ok(decided.includes("Your voice writes from now on.") && !decided.includes("Not yet"));
});
