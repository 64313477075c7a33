// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Estimates } from '../../Sources/SiltReport/Flame/page/model/estimates.js';
import { formatFigure, formatInterval, formatShare } from '../../Sources/SiltReport/Flame/page/model/figures.js';
import { formatRange } from '../../Sources/SiltReport/Flame/page/view/words.js';

test('bytes are written in powers of 1024, counts whole', () => {
  const bytes = { 0: '0', 1: '1B', 1023: '1023B', 1024: '1kB', 1536: '1.50kB', 68157440: '65MB', '-524288': '-512kB' };
  for (const [value, text] of Object.entries(bytes)) assert.equal(formatFigure(Number(value), 'bytes'), text);
  assert.equal(formatFigure(1024.4, 'count'), '1024');
  assert.equal(formatFigure(2 ** 70, 'bytes'), '1048576PB');
});

// The same as in FigureTests.swift.
test('a share is written as in the terminal', () => {
  const shares = [
    [1, 1, '100%'], [9996, 10000, '100%'], [9994, 10000, '99.94%'], [-1, 4, '25.00%'], [1, 100, '1.00%'],
    [1, 200, '0.5%'], [1, 1800, '0.056%'], [1, 1e6, '0.0001%'], [1, 1e9, '0%'], [0, 5, '0%'], [0, 0, '0%'],
  ];
  for (const [part, whole, text] of shares) assert.equal(formatShare(part, whole), text);
});

test('an interval is written to each side, in the terminal\'s form', () => {
  const kB = 1024;
  // One sample of 512 kB at the default interval: never more below than there is.
  assert.equal(formatInterval({ lower: 25.6 * kB, upper: 2524.16 * kB }, 512 * kB, 'bytes'), '-95+393%');
  assert.equal(formatInterval({ lower: 97, upper: 103 }, 100, 'bytes'), '±3%');
  assert.equal(formatInterval({ lower: 99.5, upper: 100.5 }, 100, 'bytes'), '±0.5%');
  assert.equal(formatInterval({ lower: -120, upper: -90 }, -100, 'bytes'), '-20+10%');
});

test('an interval around nothing is a bound', () => {
  assert.equal(formatInterval({ lower: 0, upper: 1.5 * 1048576 }, 0, 'bytes'), '≤1.50MB');
  assert.equal(formatInterval({ lower: -2048, upper: 1024 }, 0, 'bytes'), '±2kB');
  // What rounding leaves of a difference.
  assert.equal(formatInterval({ lower: -1887436, upper: 1887436 }, -5.8e-11, 'bytes'), '±1.80MB');
});

// What was lost is on one side only.
test('an interval of one side is written to that side', () => {
  assert.equal(formatInterval({ lower: 3, upper: 6 }, 3, 'bytes'), '+100%');
  assert.equal(formatInterval({ lower: 1, upper: 4 }, 4, 'bytes'), '-75%');
  // Large blocks are nearly all sampled: one more may be there.
  assert.equal(formatInterval({ lower: 99999, upper: 130000 }, 100000, 'bytes'), '+30%');
});

test('an interval that is about objects of one size only is marked', () => {
  const held = new Estimates(2, 32768);
  for (const [row, greatest] of [[0, 9], [1, 11]]) {
    Object.assign(held.came, { unseen: [9e4, 9e4], variance: [8e8, 8e8] });
    held.more[row] = 9000;
    for (const [name, value] of Object.entries({ count: 20, sum: 180, squares: 1620, least: 9, greatest, limit: 10.4 })) {
      held.sizes[name][row] = value;
    }
  }
  const tree = { data: { kinds: [{ unit: 'count' }] } };
  assert.match(formatRange(tree, held, 0, 0), /^-\d+\+\d+%\*$/);
  assert.match(formatRange(tree, held, 1, 0), /^-\d+\+\d+%$/);
});

test('what is exact or of unknown error has no interval', () => {
  assert.equal(formatInterval({ lower: 100, upper: 100 }, 100, 'bytes'), '');
  assert.equal(formatInterval(null, 100, 'bytes'), '');
});
