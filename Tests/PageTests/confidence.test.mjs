// SPDX-License-Identifier: Apache-2.0
//
// Against values that are known without this code: exponential and chi-squared tables, and Poisson counts, which are
// what samples of small blocks are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intervalOf } from '../../Sources/SiltReport/Flame/page/model/confidence.js';
import { unseenLimit } from '../../Sources/SiltReport/Flame/page/model/unseen.js';
import { Gamma, probabilityOfDifference, root } from '../../Sources/SiltReport/Flame/page/model/gamma.js';

function near(actual, expected, tolerance) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

test('the gamma distribution of shape 1 is exponential', () => {
  const gamma = new Gamma(2, 4);
  for (const x of [0.001, 0.5, 2, 5, 40]) near(gamma.probabilityAtMost(x), 1 - Math.exp(-x / 2), 1e-12);
  assert.equal(gamma.probabilityAtMost(0), 0);
});

test('the gamma distribution has the percentiles of chi-squared tables', () => {
  const table = [[1, 3.841459], [2, 5.991465], [10, 18.307038], [100, 124.342113], [1000, 1074.679449]];
  for (const [freedom, at95] of table) {
    near(new Gamma(freedom, 2 * freedom).probabilityAtMost(at95), 0.95, 1e-7);
  }
});

test('a great shape is as the normal distribution', () => {
  near(new Gamma(1e6, 1e6).probabilityAtMost(1e6 + 1959.964), 0.975, 1e-3);
  near(new Gamma(1e6, 1e6).probabilityAtMost(1e6), 0.5, 1e-3);
});

test('without a variance it is the point 0', () => {
  assert.equal(new Gamma(5, 0).probabilityAtMost(-1), 0);
  assert.equal(new Gamma(5, 0).probabilityAtMost(0), 1);
});

test('the difference of two exponential variables has the law of Laplace', () => {
  const one = new Gamma(1, 1);
  for (const x of [-3, -0.5, 0, 0.5, 3]) {
    const expected = x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2;
    near(probabilityOfDifference(one, one, x), expected, 1e-6);
  }
});

test('a root is found between its ends, and only there', () => {
  near(root(0, 10, x => x * x * x - 8), 2, 1e-5);
  assert.equal(root(3, 10, x => x - 2), 3);
  assert.equal(root(0, 1, x => x - 2), 1);
});

const none = { seen: 0, unseen: 0, variance: 0 };

test('small blocks have the mid-p limits of a Poisson count', () => {
  // n samples at a mean of one: P(N < n) + P(N = n) / 2 is 2.5 % at the upper limit, and 97.5 % at the lower.
  const midP = (n, mean) => {
    let term = Math.exp(-mean), sum = 0;
    for (let k = 0; k < n; k++) {
      sum += term;
      term *= mean / (k + 1);
    }
    return sum + term / 2;
  };
  for (const n of [1, 2, 5, 20]) {
    const { lower, upper } = intervalOf(
      { came: { seen: 0, unseen: n, variance: n }, went: none, more: 1, isDifference: false, sizes: null }, 1);
    near(midP(n, upper), 0.025, 1e-4);
    near(midP(n, lower), 0.975, 1e-4);
  }
});

test('nothing sampled leaves room for what may not have been', () => {
  const nothing = { came: none, went: none, more: 0, isDifference: false, sizes: null };
  const { lower, upper } = intervalOf(nothing, 524288);
  assert.equal(lower, 0);
  assert.ok(upper > 2 * 524288 && upper < 4 * 524288, `${upper}`);
});

test('what is exact has no width', () => {
  const exact = { came: { ...none, seen: 70 }, went: { ...none, seen: 20 }, more: 0, isDifference: true, sizes: null };
  assert.deepEqual(intervalOf(exact, 0), { lower: 50, upper: 50 });
});

test('as much that came as went is within noise, to both sides alike', () => {
  const side = { seen: 0, unseen: 8, variance: 8 };
  const { lower, upper } = intervalOf({ came: side, went: side, more: 1, isDifference: true, sizes: null }, 1);
  near(lower, -upper, 1e-3);
  assert.ok(upper > 5 && upper < 12, `${upper}`);
});

// SciPy 1.17: 8 samples of 64 B, 6 of 1 KiB, 4 of 20 kB, and 60 of 300 B that were freed, at 512 KiB.
test('objects of mixed sizes have room for small ones, or are a lower bound', () => {
  const interval = 524288;
  const count = (blocks, more = interval / 64) => {
    const sum = { seen: 0, unseen: 0, variance: 0 };
    const sizes = { count: 0, sum: 0, squares: 0, least: Infinity, greatest: -Infinity, limit: 0 };
    for (const [samples, size, isFreed] of blocks) {
      const p = -Math.expm1(-size / interval), weight = -Math.log(p);
      sizes.count += samples;
      sizes.sum += samples * weight;
      sizes.squares += samples * weight * weight;
      sizes.least = Math.min(sizes.least, weight);
      sizes.greatest = Math.max(sizes.greatest, weight);
      if (isFreed) continue;
      sum.seen += samples;
      sum.unseen += samples / p - samples;
      sum.variance += samples * (1 - p) / p ** 2;
    }
    sizes.limit = -Math.log(-Math.expm1(-16 / interval));
    return { came: sum, went: none, more, isDifference: false, sizes };
  };
  // The same block again and again: a size of its own, and a lower limit that allows for how it was found.
  const one = intervalOf(count([[4, 64]]), interval / 16), scale = interval / 64;
  near(one.lower / scale, 0.964, 1e-3);
  near(one.upper / scale, 9.648, 1e-2);
  const few = [[8, 64], [6, 1024], [4, 20000]];
  near(intervalOf(count(few), interval / 16).upper / 671967.74, 1, 1e-4);
  assert.equal(intervalOf(count([[6, 64], [5, 80]]), interval / 16).upper, Infinity);
  const sure = intervalOf(count([...few, [60, 300, true]]), interval / 16);
  near(sure.lower / 33217, 1, 1e-2);
  // A rare small block that was sampled stands for most of the figure: the truth of 1702 is within.
  near(intervalOf(count([[1, 16], [100, 65536]], 32767.5), interval / 16).lower / 830, 1, 2e-3);
  near(unseenLimit(count(few).sizes, 18) / 671967.74, 1, 1e-4);
  near(unseenLimit(count([...few, [60, 300, true]]).sizes, 18) / 109000.29, 1, 1e-4);
});
