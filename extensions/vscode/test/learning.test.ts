import assert from "node:assert/strict";
import { test } from "node:test";

import { isUnderWay, readOwnVoice, readTraining, trainingInWords } from "../src/learning.ts";
import { readVoices, standing, voiceName } from "../src/voices.ts";

test("a training says how far it is and how long it takes", () => {
  const training = readTraining({ state: "training", sentence: "", step: 31, steps: 74, etaSeconds: 560 });
  assert.ok(isUnderWay(training));
  assert.equal(trainingInWords(training), "Ownhand learns your hand. 41 %, about 9 minutes left.");
});

test("what the server says already is not said twice", () => {
  const sentence = "Learning your hand: 41 %, about 9 minutes.";
  assert.equal(trainingInWords(readTraining({ state: "training", sentence, step: 31, steps: 74, etaSeconds: 560 })), sentence);
});

test("a paused training counts nothing down", () => {
  const training = readTraining({ state: "paused", step: 31, steps: 74, etaSeconds: null });
  assert.ok(!isUnderWay(training));
  assert.equal(trainingInWords(training), "Learning rests; nothing is lost.");
});

test("a server that knows nothing of learning is idle", () => {
  assert.equal(trainingInWords(readTraining(undefined)), "");
  assert.deepEqual(readOwnVoice("learn"), { voice: "", adapter: "", withoutVoice: false, reveal: "", sentence: "" });
});

test("the voice learned last stands first and says why", () => {
  const voices = readVoices({
    adapters: [
      { id: "1", active: true, made: "2026-11-20T09:00:00+00:00", decision: "passed", why: "It writes closer to you." },
      { id: "2", active: false, made: "2026-11-24T18:30:00+00:00", decision: "declined", why: "It repeats your pages." },
      { id: "3", active: false, made: "2026-11-24T21:30:00+00:00", decision: "passed", why: "It writes closer still." },
    ],
    withoutVoice: false,
    reveal: "3",
  });
  assert.ok(voices);
  assert.deepEqual(voices.learned.map((voice) => standing(voice, voices)), [
    "waits for your choice",
    "did not pass its test",
    "writes now",
  ]);
  assert.equal(voices.learned.map(voiceName).at(-1), "Voice 1, learned on 20 November 2026");
});

test("a voice whose day is unknown still has a name", () => {
  const voices = readVoices({ adapters: [{ id: "7" }], withoutVoice: true });
  assert.deepEqual(voices?.learned.map(voiceName), ["Voice 7"]);
});
