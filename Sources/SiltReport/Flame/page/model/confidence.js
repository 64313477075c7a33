// SPDX-License-Identifier: Apache-2.0
//
// The 95 % interval of a figure. The law is that of ConfidenceCurve.swift, where its reasons stand; the page adds
// figures up by itself and so needs it too. A test compares both: change them together, never one alone.

import { Gamma, probabilityOfDifference, root } from './gamma.js';
import { areMixed, beyondSmallest, hasEnough, isOneSize, unseenLimit } from './unseen.js';

// What is plausible of one sum: `seen` is certain, `unseen` is estimated.
function plausible(seen, unseen, variance, oneMore) {
  const value = seen + unseen;
  const least = new Gamma(unseen, variance);
  const share = least.isPoint ? 0 : least.scale / value;
  // One sample more, like those seen or of the greatest weight.
  const more = Math.max(oneMore, share * unseen);
  const moreVariance = Math.max(oneMore * oneMore, share * unseen * least.scale);
  return {
    certain: seen, least,
    greatest: new Gamma(unseen + more, variance + moreVariance),
    middle: new Gamma(unseen + more / 2, variance + moreVariance / 2),
    half: share * seen / 2,
  };
}

// `estimate`: { came, went: each { seen, unseen, variance }, more, isDifference, sizes: of objects, else null }.
// `ofNothing`: what one sample more could stand for where there was none at all.
export function intervalOf(estimate, ofNothing) {
  if (ofNothing > 0 && areMixed(estimate.sizes)) return intervalOfMixed(estimate, ofNothing);
  const interval = recorded(estimate, ofNothing);
  // Of one size that a few samples show, the lower limit is a surer one.
  if (estimate.isDifference || !isOneSize(estimate.sizes) || hasEnough(estimate.sizes)) return interval;
  return { lower: recorded(estimate, ofNothing, SURER).lower, upper: interval.upper };
}

// The tail of lower limits that allow for sizes of which few samples tell, or one.
const SURER = 0.01;

// By the samples alone; `tail`: the probability that the truth is below, and that it is above.
function recorded(estimate, ofNothing, tail = 0.025) {
  const { isDifference } = estimate;
  const value = estimate.came.seen + estimate.came.unseen - estimate.went.seen - estimate.went.unseen;
  const hasSamples = [estimate.came, estimate.went].some(sum => sum.seen + sum.unseen > 0);
  const oneMore = estimate.more > 0 || hasSamples ? estimate.more : ofNothing;
  const side = (sum, more) => plausible(sum.seen, sum.unseen, sum.variance, more);
  const came = side(estimate.came, oneMore), went = side(estimate.went, isDifference ? oneMore : 0);
  if (came.greatest.isPoint && went.greatest.isPoint) return { lower: value, upper: value };
  if (isDifference && !hasSamples) {
    const most = came.greatest.quantile(1 - 2 * tail);
    return { lower: -most, upper: most };
  }
  const low = isDifference ? -went.greatest.farOut : 0;
  const quantile = probability => root(low, came.greatest.farOut, x => (isDifference
    ? probabilityOfDifference(came.middle, went.middle, x)
    : (came.least.probabilityAtMost(x) + came.greatest.probabilityAtMost(x)) / 2) - probability);
  const half = Math.max(came.half, went.half);
  const certain = came.certain - went.certain;
  const lower = quantile(tail) - half, upper = quantile(1 - tail) + half;
  return {
    lower: Math.min(value, certain + (isDifference ? lower : Math.max(0, lower))),
    upper: Math.max(value, certain + upper),
  };
}

// Of objects that differ in size: UnseenObjects.swift has the reasons. Without an upper end it is a lower bound.
function intervalOfMixed(estimate, ofNothing) {
  const { came, went, sizes, isDifference } = estimate;
  const limits = sum => {
    const side = { came: sum, went: { seen: 0, unseen: 0, variance: 0 }, more: estimate.more, isDifference: false };
    const { lower, upper } = recorded(side, ofNothing);
    const hangsOnFew = estimate.more * estimate.more > sum.variance / 4;
    return {
      lower: hangsOnFew ? recorded(side, ofNothing, SURER).lower : lower,
      upper: Math.max(upper + beyondSmallest(sizes), unseenLimit(sizes, sum.seen)),
    };
  };
  const there = came.seen + came.unseen, gone = went.seen + went.unseen, value = there - gone;
  const isOpen = !hasEnough(sizes), added = limits(came);
  if (!isDifference) return isOpen ? { lower: added.lower, upper: Infinity } : added;
  const removed = limits(went);
  const below = Math.hypot(there - added.lower, removed.upper - gone);
  const above = Math.hypot(added.upper - there, gone - removed.lower);
  return {
    lower: value < 0 && isOpen ? -Infinity : value - below,
    upper: value > 0 && isOpen ? Infinity : value + above,
  };
}
