import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { Shown, stillFor, type Place } from "../src/shown.ts";

const ferry: Place = { uri: "file:///ferry.md", version: 7, line: 2, character: 38 };

interface Desk {
  readonly shown: Shown;
  /** The ids that were told of as shown. */
  readonly told: string[];
  /** Where the writer stands. */
  place: Place | undefined;
}

function desk(t: TestContext): Desk {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const one: Desk = { shown: new Shown(() => one.place), told: [], place: ferry };
  return one;
}

test("what stood for a moment was shown, and is told once however often it is answered", (t) => {
  const { shown, told } = desk(t);
  for (let answers = 0; answers < 3; answers++) {
    shown.handedOver("s1", ferry, () => told.push("s1"));
    t.mock.timers.tick(stillFor);
  }
  assert.deepEqual(told, ["s1"]);
  assert.equal(shown.seenLast, "s1");
});

test("whoever typed on, moved or left within the moment has not seen it", (t) => {
  const moves: (Place | undefined)[] = [
    { ...ferry, version: 8, character: 39 },
    { ...ferry, line: 0 },
    { ...ferry, uri: "file:///cat.md" },
    undefined,
  ];
  const writer = desk(t);
  for (const move of moves) {
    writer.place = ferry;
    writer.shown.handedOver("s1", ferry, () => writer.told.push("s1"));
    writer.place = move;
    t.mock.timers.tick(stillFor);
  }
  assert.deepEqual(writer.told, []);
  assert.equal(writer.shown.seenLast, undefined);
});

test("a newer answer takes the place of the one before it", (t) => {
  const { shown, told } = desk(t);
  shown.handedOver("s1", ferry, () => told.push("s1"));
  t.mock.timers.tick(stillFor - 1);
  shown.handedOver("s2", ferry, () => told.push("s2"));
  t.mock.timers.tick(stillFor);
  assert.deepEqual(told, ["s2"]);
});

test("what was put away within the moment was not shown", (t) => {
  const { shown, told } = desk(t);
  shown.handedOver("s1", ferry, () => told.push("s1"));
  shown.nothing();
  t.mock.timers.tick(stillFor);
  assert.deepEqual(told, []);
});

test("seen again counts for the menu, though it is told no second time", (t) => {
  const { shown, told } = desk(t);
  for (const id of ["s1", "s2", "s1"]) {
    shown.handedOver(id, ferry, () => told.push(id));
    t.mock.timers.tick(stillFor);
  }
  assert.deepEqual(told, ["s1", "s2"]);
  assert.equal(shown.seenLast, "s1");
});
