// SPDX-License-Identifier: Apache-2.0
//
// The table: the figures of each function as text, the name first. It shows what it is given and keeps nothing.

import { formatShare } from '../model/figures.js';
import { verdictOf } from '../model/functions.js';
import { shortName } from '../model/names.js';
import { formatRange, formatSigned, formatVerdict } from './words.js';

// So many characters of a name are shown at most: three lines where there is little room. The tip has all.
const MOST_LETTERS = 120;

function cell(className, text) {
  const element = document.createElement('td');
  element.className = className;
  element.setAttribute('role', 'cell');
  element.textContent = text;
  return element;
}

// The elements of some rows; `whole` is what shares relate to, and `chosen` the function that is looked at.
export function rowElements(tree, table, rows, kind, whole, chosen) {
  const { names, isDiff } = tree.data;
  const largest = Math.max(...rows.map(row => Math.abs(row.flat)));
  return rows.map(row => {
    const line = document.createElement('tr');
    line.setAttribute('role', 'row');
    line.tabIndex = -1;
    line.dataset.name = String(row.name);
    if (row.name === chosen) line.setAttribute('aria-current', 'true');
    const name = cell('name', '');
    const text = document.createElement('span');
    const short = shortName(names[row.name], MOST_LETTERS);
    if (short !== names[row.name]) text.title = names[row.name];
    // A line breaks between the parts of a name where it can.
    text.append(...short.split(/(?<=::|,|\()/).flatMap(part => [part, document.createElement('wbr')]));
    const bar = document.createElement('i');
    bar.style.width = largest === 0 ? '0' : (100 * Math.abs(row.flat) / largest).toFixed(1) + '%';
    name.append(text, bar);
    const verdict = isDiff ? verdictOf(table.flat, row.name) : '';
    if (verdict) bar.className = verdict;
    const isHolder = table.flat.gross[row.name] > 0;
    line.append(
      name, cell('figure flat', formatSigned(tree, row.flat, kind)),
      cell('figure range', isHolder ? formatRange(tree, table.flat, row.name, kind) : ''));
    // A part of all change, of what came and what went, would be taken for a part of the growth.
    if (!isDiff) line.append(cell('figure share', isHolder ? formatShare(Math.abs(row.flat), whole) : ''));
    line.append(cell('figure cum', formatSigned(tree, row.cum, kind)));
    if (isDiff) {
      const judged = cell('verdict', '');
      if (verdict) {
        const badge = document.createElement('span');
        badge.className = verdict;
        badge.textContent = formatVerdict(tree, verdict, kind);
        judged.append(badge);
      }
      line.append(judged);
    }
    return line;
  });
}
