import assert from "node:assert/strict";
import { test } from "node:test";

import { readWhose, sharesInWords } from "../src/whose.ts";

const range = { start: { line: 2, character: 38 }, end: { line: 2, character: 84 } };

test("only what came from suggestions is underlined", () => {
  const whose = readWhose({
    version: 4,
    shares: { "from Ownhand": 0.12, "not from Ownhand": 0.81, pasted: 0.07, "not observed": 0 },
    spans: [
      { range, kind: "from Ownhand", suggestion: "s1" },
      { range, kind: "from Ownhand" },
      { range, kind: "pasted" },
      { range: "none", kind: "from Ownhand" },
    ],
  });
  assert.ok(whose);
  assert.deepEqual(whose.fromOwnhand, [
    { start: [2, 38], end: [2, 84], suggestion: "s1" },
    { start: [2, 38], end: [2, 84], suggestion: "" },
  ]);
  assert.equal(whose.version, 4);
  assert.equal(sharesInWords(whose), "Here 81 % is not from Ownhand, 12 % from Ownhand, 7 % pasted.");
});

test("a share that rounds to nothing is still said", () => {
  const whose = readWhose({ shares: { "not from Ownhand": 0.998, "from Ownhand": 0.002 } });
  assert.ok(whose);
  assert.equal(sharesInWords(whose), "Here 100 % is not from Ownhand, under 1 % from Ownhand.");
});

test("a text of which nothing is known says why", () => {
  const whose = readWhose({ sentence: "You said that nothing is recorded in this folder." });
  assert.ok(whose);
  assert.deepEqual(whose.fromOwnhand, []);
  assert.equal(sharesInWords(whose), "You said that nothing is recorded in this folder.");
  assert.equal(readWhose(null), undefined);
});
