// SPDX-License-Identifier: Apache-2.0
//
// Flat and cumulative figures of each function within a frame: the rows of the table. No DOM in here.

import { Estimates } from './estimates.js';

// Rows { name, flat, cum }, the largest first; `cum` counts a stack once. `held` has the cumulative figures by name.
export function tabulate(view, kind, zoom) {
  const { tree, tree: { data } } = view;
  const count = data.names.length;
  const leaves = tree.leaves[kind];
  const flat = new Float64Array(count);
  const held = new Estimates(count, data.kinds[kind].ofNothing);
  const seen = new Int32Array(count).fill(-1);
  const inside = view.below(zoom);
  data.leaves.forEach((leaf, index) => {
    if (!inside[view.at[index]] || leaf === 0) return;
    flat[tree.nodeName(leaf)] += leaves.net(index);
    for (let node = leaf; node !== 0; node = data.parents[node]) {
      const name = tree.nodeName(node);
      if (seen[name] === index) continue;
      seen[name] = index;
      held.add(name, leaves, index);
    }
  });
  const rows = [];
  for (let name = 0; name < count; name++) {
    if (flat[name] || held.net(name)) rows.push({ name, flat: flat[name], cum: held.net(name) });
  }
  rows.sort((a, b) => Math.abs(b.flat) - Math.abs(a.flat) || Math.abs(b.cum) - Math.abs(a.cum)
    || (data.names[a.name] < data.names[b.name] ? -1 : 1));
  return { rows, held };
}
