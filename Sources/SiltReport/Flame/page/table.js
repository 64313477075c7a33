// SPDX-License-Identifier: Apache-2.0
//
// The table beside the graph: the same figures by function, as text. It follows zoom, search and kind.

import { Estimates } from './estimates.js';
import { formatShare } from './figures.js';
import { formatHeld, formatRange, formatSigned } from './words.js';

const MOST_ROWS = 300;

// The figures of each function within a frame: `rows` of { name, flat, cum }, the largest first, and `held`, which has
// the cumulative ones by name. A stack counts once in `cum`.
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

export function showTable(view, kind, zoom, found) {
  const { tree, tree: { data } } = view;
  const { held: frames } = view.sums(kind);
  const { rows: all, held } = tabulate(view, kind, zoom);
  const rows = found ? all.filter(row => found.names[row.name]) : all;
  document.getElementById('rows').replaceChildren(...rows.slice(0, MOST_ROWS).map(row => {
    const line = document.createElement('tr');
    line.tabIndex = 0;
    line.dataset.name = data.names[row.name];
    line.append(...[
      formatSigned(tree, row.flat, kind), formatSigned(tree, row.cum, kind),
      formatRange(tree, held, row.name, kind),
      formatShare(Math.abs(row.cum), frames.gross[zoom]), data.names[row.name],
    ].map(text => {
      const cell = document.createElement('td');
      cell.textContent = text;
      return cell;
    }));
    return line;
  }));
  const where = zoom === 0 ? '' : ' in ' + view.nameOf(zoom);
  document.getElementById('caption').textContent =
    `${data.kinds[kind].name}${where}: ${formatHeld(tree, frames, zoom, kind)}`;
  document.getElementById('more').textContent =
    rows.length > MOST_ROWS ? `${rows.length - MOST_ROWS} more; a search narrows the table.` : '';
}
