// SPDX-License-Identifier: Apache-2.0
//
// The figures of each function, the rows of the table: what it holds itself (flat) and with all it calls (cum), and what
// `diff` says of its growth. No DOM in here.

import { Estimates } from './estimates.js';

// `rows` of { name, flat, cum }, in no order, and their estimates by name: `flat` and `cum`, of the stacks within a frame of
// a view. A stack counts once in `cum`.
export function tabulate(view, kind, zoom) {
  const { tree, tree: { data } } = view;
  const count = data.names.length;
  const leaves = tree.leaves[kind];
  const flat = new Estimates(count, data.kinds[kind].ofNothing);
  const cum = new Estimates(count, data.kinds[kind].ofNothing);
  const seen = new Int32Array(count).fill(-1);
  const inside = view.below(zoom);
  for (let leaf = 0; leaf < data.leaves.length; leaf++) {
    const holder = tree.holder(leaf, view.isFolded);
    if (view.at[leaf] < 0 || !inside[view.at[leaf]] || holder === 0) continue;
    flat.add(tree.nodeName(holder), leaves, leaf);
    for (let node = holder; node !== 0; node = data.parents[node]) {
      const name = tree.nodeName(node);
      if (seen[name] === leaf) continue;
      seen[name] = leaf;
      cum.add(name, leaves, leaf);
    }
  }
  const rows = [];
  for (let name = 0; name < count; name++) {
    if (flat.gross[name] || cum.gross[name]) rows.push({ name, flat: flat.net(name), cum: cum.net(name) });
  }
  return { rows, flat, cum };
}

// What `diff` says of a function that allocates: 'grew', 'shrank', 'noise'; empty where nothing changed, or of none.
export function verdictOf(flat, name) {
  if (flat.gross[name] === 0) return '';
  if (flat.holdsGrown[name] && flat.holdsShrunk[name]) return 'both';
  return flat.holdsGrown[name] ? 'grew' : flat.holdsShrunk[name] ? 'shrank' : 'noise';
}

// What a column sorts by; `diff` puts what grew first, then what shrank, then what is within noise.
const VERDICTS = ['grew', 'both', 'shrank', 'noise', ''];

// Sorts rows by a column, 'name', 'flat', 'cum' or 'verdict'; ties by the other figures and then by name.
export function sortRows({ rows, flat }, names, column, isReversed) {
  const sign = isReversed ? -1 : 1;
  const byName = (a, b) => (names[a.name] < names[b.name] ? -1 : names[a.name] > names[b.name] ? 1 : 0);
  const larger = column => (a, b) => Math.abs(b[column]) - Math.abs(a[column]);
  const group = row => VERDICTS.indexOf(verdictOf(flat, row.name));
  const orders = {
    name: [byName], flat: [larger('flat'), larger('cum')], cum: [larger('cum'), larger('flat')],
    verdict: [(a, b) => group(a) - group(b), larger('flat'), larger('cum')],
  };
  const [first, ...others] = [...orders[column], byName];
  rows.sort((a, b) => sign * first(a, b) || others.reduce((order, next) => order || next(a, b), 0));
}

// The rows that a reader should see first: in a diff those that grew, the largest first; else the one that holds most. In
// the order of the table, so that the first of both is the same.
export function leading({ rows, flat }, names, isDiff) {
  const first = isDiff ? rows.filter(row => verdictOf(flat, row.name) === 'grew' && row.flat > 0)
    : rows.filter(row => row.flat > 0);
  sortRows({ rows: first, flat }, names, 'flat', false);
  return first;
}
