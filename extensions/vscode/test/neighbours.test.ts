import assert from "node:assert/strict";
import { test } from "node:test";

import { mightSuggest, neighbours, type Switch } from "../src/neighbour_list.ts";

function switchOf(name: string): Switch {
  const found = neighbours.find((one) => one.name === name)?.switch;
  assert.ok(found);
  return found;
}

test("Copilot as it comes is silent in Markdown and plain text, so there is nothing to ask", () => {
  const copilot = switchOf("GitHub Copilot");
  const byDefault = { "*": true, plaintext: false, markdown: false, scminput: false };
  assert.equal(copilot.isOff(byDefault, "markdown"), true);
  assert.equal(copilot.isOff(byDefault, "plaintext"), true);
  assert.equal(copilot.isOff(byDefault, "latex"), false);
  assert.equal(copilot.isOff({ ...byDefault, markdown: true }, "markdown"), false);
});

test("switching off per language leaves no language on, whatever the writer had switched on", () => {
  const copilot = switchOf("GitHub Copilot");
  const off = copilot.off({ "*": true, markdown: true, python: true }, "latex");
  assert.deepEqual(off, { "*": false, markdown: false, python: false, latex: false });
  for (const language of ["markdown", "latex", "org"]) assert.equal(copilot.isOff(off, language), true);
});

test("a setting that holds several things keeps the others", () => {
  const tabby = switchOf("Tabby");
  const off = tabby.off({ "chatEdit.history": 5 }, "markdown");
  assert.deepEqual(off, { "chatEdit.history": 5, "inlineCompletion.triggerMode": "manual" });
  assert.equal(tabby.isOff(off, "markdown"), true);
  assert.equal(tabby.isOff({ "chatEdit.history": 5 }, "markdown"), false);
});

test("every switch says off once it is off, from nothing at all too", () => {
  for (const one of neighbours) {
    if (one.switch === undefined) continue;
    assert.equal(one.switch.isOff(undefined, "markdown"), false, one.name);
    assert.equal(one.switch.isOff(one.switch.off(undefined, "markdown"), "markdown"), true, one.name);
  }
});

test("an extension nobody listed is taken for a suggesting one by its own words", () => {
  assert.equal(mightSuggest({ displayName: "Quill", description: "AI writing in your editor" }), true);
  assert.equal(mightSuggest({ displayName: "Quill", keywords: ["ghost-text"] }), true);
  assert.equal(mightSuggest({ description: "Autocompletion for screenplays" }), true);
  assert.equal(mightSuggest({ description: "Spelling, said again with pain and claims", categories: ["Linters"] }), false);
  assert.equal(mightSuggest({ isBuiltin: true, description: "Completions for Markdown links" }), false);
  assert.equal(mightSuggest({}), false);
});
