// SPDX-License-Identifier: Apache-2.0
//
// How many objects there may be where block sizes differ. Numerics only. BlockSizes.swift, UnseenObjects.swift and
// StudentDistribution.swift are the models, with the sources of the formulas: change both sides together, a test compares
// them.

import { Gamma, logGamma, regularized, root } from './gamma.js';

// Whether the blocks ever sampled, { count, sum, squares, least, greatest, limit } of ln(1/p), are known to be of one size.
export function isOneSize(sizes) {
  if (sizes === null || sizes.count < 3 || sizes.least >= sizes.greatest) return sizes !== null && sizes.count >= 3;
  const size = weight => -Math.log(-Math.expm1(-weight));
  return size(sizes.least) < size(sizes.greatest) * (hasEnough(sizes) ? 1.13 : 1.01);
}

// Whether they differ in size, as far as is known.
export function areMixed(sizes) {
  return sizes !== null && sizes.count > 0 && !isOneSize(sizes);
}

// Whether there are enough of them to know the sizes by.
export function hasEnough(sizes) {
  return sizes.count >= 12;
}

// How many more objects there may be that are smaller than all that were sampled: as of what grows by doubling.
export function beyondSmallest(sizes) {
  return Math.exp(sizes.greatest) * Math.max(0, sizes.limit - sizes.greatest) / Math.LN2;
}

// The upper 95 % limit, two-sided, of the objects behind `n` samples.
export function unseenLimit(sizes, n) {
  const { count, sum, greatest, limit } = sizes;
  const average = sum / count, scatter = Math.max(0, sizes.squares - sum * average), freedom = count + 1;
  const cut = Math.max(greatest, Math.min(limit, greatest + Math.log(8)));
  const cutMoment = (order, variance) => {
    const deviation = Math.sqrt(variance), a = (cut - average) / deviation;
    return order * average + order * order * variance / 2
      + Math.log(normalProbability(a - order * deviation) / normalProbability(a));
  };
  const variance = (scatter + 2) / freedom;
  const error = Math.sqrt(1 / (n + 0.5) + variance / count + variance * variance / (2 * freedom));
  const most = new Gamma((n + 1) * Math.exp(cut), (n + 1) * Math.exp(2 * cut)).quantile(0.99);
  const first = Math.min((n + 0.5) * Math.exp(cutMoment(1, variance) + studentQuantile(freedom, 0.01) * error), most);
  const widest = (scatter + 2) / new Gamma(freedom, 2 * freedom).quantile(0.05);
  const one = Math.exp(cutMoment(1, widest)), two = Math.exp(cutMoment(2, widest));
  return Math.max(first, new Gamma((n + 1) * one, (n + 1) * two).quantile(0.975));
}

// The normal distribution function; its tail by the continued fraction of Laplace.
function normalProbability(x) {
  if (x > 0) return 1 - normalProbability(-x);
  if (x > -3) return 0.5 - regularized(0.5, x * x / 2) / 2;
  let fraction = -x;
  for (let k = 60; k > 0; k--) fraction = -x + k / fraction;
  return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) / fraction;
}

// What a variable of Student's distribution exceeds with this probability.
function studentQuantile(freedom, probability) {
  let high = 2;
  while (high < 1e9 && studentProbability(freedom, high) > probability) high *= 2;
  return root(0, high, t => probability - studentProbability(freedom, t));
}

// The probability of a value above `t`, which is not negative.
function studentProbability(freedom, t) {
  if (freedom > 1000) {
    const z = (8 * freedom + 1) / (8 * freedom + 3) * Math.sqrt(freedom * Math.log1p(t * t / freedom));
    return normalProbability(-z);
  }
  const x = freedom / (freedom + t * t), a = freedom / 2, b = 0.5;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * betaFraction(a, b, x) / a / 2;
  return (1 - front * betaFraction(b, a, 1 - x) / b) / 2;
}

function betaFraction(a, b, x) {
  const nonzero = value => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (let m = 1; m <= 300; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const term of [even, odd]) {
      d = 1 / nonzero(1 + term * d);
      c = nonzero(1 + term / c);
      change = d * c;
      fraction *= change;
    }
    if (Math.abs(change - 1) < 1e-13) break;
  }
  return fraction;
}
