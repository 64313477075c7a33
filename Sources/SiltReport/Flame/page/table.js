// SPDX-License-Identifier: Apache-2.0
//
// The table beside the graph: the same figures by function, as text. It follows zoom, search and kind.

import { formatInterval, formatShare } from './figures.js';
import { tabulate } from './functions.js';
import { formatHeld, formatSigned } from './words.js';

const MOST_ROWS = 300;

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
      formatInterval(held.interval(row.name), row.cum, data.kinds[kind].unit),
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
