// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFigure, formatInterval, formatShare } from '../../Sources/SiltReport/Flame/page/figures.js';

test('bytes are written in powers of 1024, counts whole', () => {
  const bytes = { 0: '0', 1: '1B', 1023: '1023B', 1024: '1kB', 1536: '1.50kB', 68157440: '65MB', '-524288': '-512kB' };
  for (const [value, text] of Object.entries(bytes)) assert.equal(formatFigure(Number(value), 'bytes'), text);
  assert.equal(formatFigure(1024.4, 'count'), '1,024');
  assert.equal(formatFigure(2 ** 70, 'bytes'), '1048576PB');
});

test('a share of nothing is nothing', () => {
  assert.equal(formatShare(64, 65), '98.46%');
  assert.equal(formatShare(65, 65), '100%');
  assert.equal(formatShare(0, 0), '0%');
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
});

test('what is exact or of unknown error has no interval', () => {
  assert.equal(formatInterval({ lower: 100, upper: 100 }, 100, 'bytes'), '');
  assert.equal(formatInterval(null, 100, 'bytes'), '');
});
