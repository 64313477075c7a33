// SPDX-License-Identifier: Apache-2.0
//
// Moments of the past: what an address may ask for, and what is shown where it cannot be had.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenMoments, formatMoment, knownMoments } from '../../Sources/SiltReport/Flame/page/view/timeline.js';

const known = (base, at, times = [1000, 2000, 3000]) => knownMoments({ base, at }, times, 3500, time => `<${time}>`);

test('a moment is written as the reports write it, in whatever zone the browser is', () => {
  const zone = process.env.TZ;
  process.env.TZ = 'Asia/Kolkata';
  assert.equal(new Date(0).getTimezoneOffset(), -330);
  assert.equal(formatMoment(1795365601), '2026-11-22 16:40:01 UTC');
  assert.equal(formatMoment('0'), '1970-01-01 00:00:00 UTC');
  for (const text of ['soon', '1e99', 'NaN']) assert.equal(formatMoment(text), `“${text}”`);
  if (zone === undefined) delete process.env.TZ; else process.env.TZ = zone;
});

test('moments that are kept are shown as they were asked for', () => {
  for (const [base, at] of [['', ''], ['1000', ''], ['1000', '3000'], ['', '2000'], ['2000', '2000']]) {
    assert.deepEqual(known(base, at), { base, at, words: '' });
  }
});

test('of moments that are not known, the newest is shown, and it is said', () => {
  const newest = words => ({ base: '', at: '', words: `Nothing is known of ${words} (any more). Shown instead: the newest, `
    + 'compared with nothing.' });
  assert.deepEqual(known('999', ''), newest('<999>'));
  assert.deepEqual(known('1000', '500'), newest('<500>'));
  assert.deepEqual(known('5', '6'), newest('<5> and <6>'));
  assert.deepEqual(known('soon', 'soon'), newest('<soon>'));
  assert.deepEqual(known('99999999999', ''), newest('<99999999999>'));
  assert.deepEqual(known('-1d', ''), newest('<-82900>'));
  assert.deepEqual(known('1000', '', []), newest('<1000>'));
});

test('a moment between two that are kept is the one before, and it is said', () => {
  assert.deepEqual(known('2900', ''), { base: '2000', at: '', words: 'Of <2900> nothing is kept: shown is <2000>.' });
  assert.deepEqual(known('-40m', ''), { base: '1000', at: '', words: 'Of <1100> nothing is kept: shown is <1000>.' });
  assert.deepEqual(known('-25m', '-8m20s'), { base: '2000', at: '3000', words: '' });
  // A clock that is behind the server's.
  assert.deepEqual(known('9000', '', [1000, 9000]), { base: '9000', at: '', words: '' });
});

test('the earlier moment comes first, and it is said', () => {
  assert.deepEqual(known('3000', '1000'),
    { base: '1000', at: '3000', words: 'The two moments were put in order: from <1000> to <3000>.' });
});

test('two clicks on the course choose two moments', () => {
  assert.deepEqual(chosenMoments({ base: null, at: null }, 5), { base: 5, at: null });
  assert.deepEqual(chosenMoments({ base: 5, at: null }, 9), { base: 5, at: 9 });
  assert.deepEqual(chosenMoments({ base: 5, at: null }, 4), { base: 4, at: null });
  assert.deepEqual(chosenMoments({ base: 5, at: 9 }, 7), { base: 7, at: null });
});
