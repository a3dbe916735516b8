import assert from "node:assert/strict";
import { test } from "node:test";

import { isPassing, pauseBefore, retryAfterOf, RETRIES } from "../src/retries.js";

const NOW = Date.UTC(2026, 10, 30, 12);

for (const [repetition, retryAfter, elapsed, chance, pause] of [
  [1, undefined, 0, 0, 0.25],
  [1, undefined, 0, 1, 0.5],
  [2, undefined, 0, 1, 1],
  [4, undefined, 0, 0, 2],
  [5, undefined, 0, 0, undefined],
  [1, 0, 0, 0, 0],
  [1, 20, 0, 1, 20.5],
  [1, 21, 0, 0, undefined],
  [1, 20, 100, 0, 20],
  [1, 20, 101, 0, undefined],
] as const) {
  test(`repetition ${repetition} after ${retryAfter} and ${elapsed} seconds waits ${pause}`, () => {
    assert.equal(pauseBefore(repetition, RETRIES, { retryAfter, elapsed, chance }), pause);
  });
}

test("what is repeated", () => {
  const table = [400, 401, 404, 408, 409, 424, 429, 500, 502, 503, 504].map((status) => [
    status,
    isPassing(status, "", true),
    isPassing(status, "", false),
  ]);
  assert.deepEqual(
    table.filter(([, repeated]) => repeated),
    [
      [408, true, true],
      [429, true, true],
      [502, true, false],
      [503, true, false],
      [504, true, false],
    ],
  );
  assert(table.every(([, keyed, unkeyed]) => keyed || !unkeyed));
  assert.equal(isPassing(409, "decision-in-progress", true), true);
  assert.equal(isPassing(409, "case-state", true), false);
});

for (const [text, seconds] of [
  ["7", 7],
  ["Mon, 30 Nov 2026 12:00:09 GMT", 9],
  ["Mon, 30 Nov 2026 11:00:00 GMT", 0],
  ["soon", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["9".repeat(400), undefined],
  ["Mon, 30 Nov 2026 25:61:00 GMT", undefined],
  ["", undefined],
] as const) {
  test(`Retry-After "${text}"`, () => assert.equal(retryAfterOf(new Headers({ "retry-after": text }), NOW), seconds));
}

test("a date is compared with that of the answer", () => {
  const headers = new Headers({ "retry-after": "Mon, 30 Nov 2026 09:00:05 GMT", date: "Mon, 30 Nov 2026 09:00:00 GMT" });
  assert.equal(retryAfterOf(headers, NOW), 5);
});

test("only time ends the wait for its own attempt", () => {
  const now = { retryAfter: 1, elapsed: 100, chance: 0, isOwn: true };
  assert.equal(pauseBefore(100, RETRIES, now), 1);
  assert.equal(pauseBefore(100, RETRIES, { ...now, elapsed: 119.5 }), undefined);
  assert.equal(pauseBefore(1e6, { ...RETRIES, firstPause: 0 }, { ...now, retryAfter: undefined }), 0.1);
});
