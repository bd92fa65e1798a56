import assert from "node:assert/strict";
import { test } from "node:test";

import { readModels, sizeInWords } from "../src/model_list.ts";

test("a model is told in a writer's words", () => {
  const list = readModels({
    models: [
      { name: "tale:3b", setting: "tale:3b", size: 2_019_393_189, can_learn: true, licence: "MIT", current: true },
      { name: "Small", setting: "", size: 98_000_000, packaged: true, suitable: true },
      { name: "tale-coder", suitable: false, why: "was made for program code" },
    ],
    sentence: "",
    better: "Fetch one.",
    command: "ollama pull tale",
  });
  assert.deepEqual(
    list?.models.map(({ setting, size, story }) => [setting, size, story]),
    [
      ["tale:3b", "2.0 GB", "can be taught your hand later · licence: MIT"],
      ["", "98 MB", "writes poorly, for trying out · can't be taught your hand later"],
      ["tale-coder", "", "Left out: it was made for program code."],
    ],
  );
  assert.deepEqual(list.models.map(({ current }) => current), [true, false, false]);
  assert.equal(list.command, "ollama pull tale");
});

test("an answer that is no list is none", () => {
  for (const answer of [undefined, null, "models", {}, { models: 3 }, { sentence: "Something went wrong." }])
    assert.equal(readModels(answer), undefined);
  assert.deepEqual(readModels({ models: [3, null] }), { models: [], sentence: "", better: "", command: "" });
});

test("sizes are counted as disks count", () => {
  assert.deepEqual([0, 12, 98_456_000, 1_600_000_000].map(sizeInWords), ["", "1 MB", "98 MB", "1.6 GB"]);
});
