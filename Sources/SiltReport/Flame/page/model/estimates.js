// SPDX-License-Identifier: Apache-2.0
//
// Columns of estimates: what each leaf, frame or function holds, with all that an interval is made of. They add up;
// what they mean is for confidence.js.

import { intervalOf } from './confidence.js';
import { isOneSize } from './unseen.js';

export class Estimates {
  constructor(count, ofNothing) {
    const column = () => new Float64Array(count);
    // What came, and in a difference what went: the samples themselves, what they stand for beyond that, its variance.
    this.came = { seen: column(), unseen: column(), variance: column() };
    this.went = { seen: column(), unseen: column(), variance: column() };
    // The sum of the parts' absolute values: wider than the figure only in a diff.
    this.gross = column();
    // What one sample more could stand for: the greatest of the parts.
    this.more = column();
    this.isDifference = new Uint8Array(count);
    // Of objects: the sizes of all blocks ever sampled there.
    this.sizes = { count: column(), sum: column(), squares: column(), least: column().fill(Infinity),
      greatest: column().fill(-Infinity), limit: column() };
    // Whether anything in it belongs to a function that `silt diff` says grew, and shrank.
    this.holdsGrown = new Uint8Array(count);
    this.holdsShrunk = new Uint8Array(count);
    // What one sample more could stand for where there was none; null: nothing is known of how figures were sampled.
    this.ofNothing = ofNothing;
    this.intervals = new Map();
  }

  // The figures of one kind, a row for each leaf, as FlameData.swift writes them.
  static ofLeaves(figures, ofNothing) {
    const leaves = new Estimates(figures.more.length, ofNothing);
    for (let leaf = 0; leaf < figures.more.length; leaf++) {
      for (const side of ['came', 'went']) {
        const from = figures[side];
        if (!from || from.seen[leaf] === null) continue;
        leaves[side].seen[leaf] = from.seen[leaf];
        leaves[side].unseen[leaf] = from.unseen[leaf];
        leaves[side].variance[leaf] = from.deviation[leaf] ** 2;
        if (side === 'went') leaves.isDifference[leaf] = 1;
      }
      leaves.gross[leaf] = Math.abs(leaves.net(leaf));
      leaves.more[leaf] = figures.more[leaf];
      if (figures.sizes && figures.sizes.count[leaf] > 0) {
        for (const name in leaves.sizes) leaves.sizes[name][leaf] = figures.sizes[name][leaf];
      }
      leaves.holdsGrown[leaf] = figures.verdicts?.[leaf] > 0 ? 1 : 0;
      leaves.holdsShrunk[leaf] = figures.verdicts?.[leaf] < 0 ? 1 : 0;
    }
    return leaves;
  }

  net(row) {
    return this.came.seen[row] + this.came.unseen[row] - this.went.seen[row] - this.went.unseen[row];
  }

  // Adds a row of `other`, which may be these columns too.
  add(row, other, from) {
    for (const [sum, part] of [[this.came, other.came], [this.went, other.went]]) {
      sum.seen[row] += part.seen[from];
      sum.unseen[row] += part.unseen[from];
      sum.variance[row] += part.variance[from];
    }
    this.gross[row] += other.gross[from];
    this.more[row] = Math.max(this.more[row], other.more[from]);
    for (const name of ['count', 'sum', 'squares']) this.sizes[name][row] += other.sizes[name][from];
    this.sizes.least[row] = Math.min(this.sizes.least[row], other.sizes.least[from]);
    for (const name of ['greatest', 'limit']) {
      this.sizes[name][row] = Math.max(this.sizes[name][row], other.sizes[name][from]);
    }
    this.isDifference[row] |= other.isDifference[from];
    this.holdsGrown[row] |= other.holdsGrown[from];
    this.holdsShrunk[row] |= other.holdsShrunk[from];
  }

  // The 95 % interval; null if none can be told. It may take a millisecond: ask only for what is shown.
  interval(row) {
    if (this.ofNothing === null) return null;
    let known = this.intervals.get(row);
    if (!known) {
      const side = sum => ({ seen: sum.seen[row], unseen: sum.unseen[row], variance: sum.variance[row] });
      const estimate = {
        came: side(this.came), went: side(this.went), more: this.more[row], isDifference: this.isDifference[row] === 1,
        sizes: this.sizesOf(row),
      };
      known = intervalOf(estimate, this.ofNothing);
      this.intervals.set(row, known);
    }
    return known;
  }

  sizesOf(row) {
    return Object.fromEntries(Object.entries(this.sizes).map(([name, column]) => [name, column[row]]));
  }

  // Whether its interval is about objects of one size only, as the notes say.
  isOfOneSize(row) {
    return this.ofNothing > 0 && isOneSize(this.sizesOf(row));
  }

  // Whether noise explains the figure.
  isNoise(row) {
    const interval = this.interval(row);
    return interval !== null && interval.lower < interval.upper && interval.lower <= 0 && interval.upper >= 0;
  }

  // 1 if it grew, -1 if it shrank, 0 if neither may be said: as much went as came, noise explains it, or none of the
  // functions in it is more than noise to `silt diff`.
  direction(row) {
    const net = this.net(row);
    if (net === 0 || Math.abs(net) < 0.1 * this.gross[row]) return 0;
    if (!(net > 0 ? this.holdsGrown : this.holdsShrunk)[row] || this.isNoise(row)) return 0;
    return net > 0 ? 1 : -1;
  }
}
