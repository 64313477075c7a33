// SPDX-License-Identifier: Apache-2.0
//
// What is known of one function: its whole name, its figures of each kind, and where in its source memory is asked for,
// with the text of the lines where it is at hand. It shows what it is given and keeps nothing.

import { formatFigure, formatShare } from '../model/figures.js';
import { verdictOf } from '../model/functions.js';
import { formatHeld, formatPlace, formatVerdict, kindLabel } from './words.js';

const MOST_PLACES = 8;

function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// `table`: of the kind that is shown; `name`: a number; `callees`: the view of what the function calls.
export function detailElements(tree, table, kind, name, callees) {
  const { names, kinds, isDiff, sources, files } = tree.data;
  const held = callees.sums(kind).held;
  const title = part('h2', '', names[name]);
  const verdict = isDiff ? verdictOf(table.flat, name) : '';
  if (verdict) title.append(' ', part('span', verdict, formatVerdict(tree, verdict, kind)));
  const figures = part('dl', '', '');
  const add = (label, text) => figures.append(part('dt', '', label), part('dd', '', text));
  if (table.flat.gross[name] > 0) {
    add(`${kindLabel(kinds[kind].name)}, itself`, formatHeld(tree, table.flat, name, kind));
  }
  const others = [kind, tree.companion(kind), ...kinds.keys()].filter(index => index >= 0);
  for (const index of new Set(others)) {
    const sums = index === kind ? held : callees.sums(index).held;
    if (sums.gross[0] > 0) add(kindLabel(kinds[index].name), formatHeld(tree, sums, 0, index));
  }
  const places = callees.parent.length < 2 ? [] : callees.placesOf(1, kind);
  const whole = places.reduce((sum, place) => sum + place.weight, 0);
  const list = part('ol', 'places', '');
  list.append(...places.slice(0, MOST_PLACES).map(place => {
    const item = part('li', '', '');
    item.append(part('span', 'figure', formatShare(place.weight, whole)),
      part('span', 'place', formatPlace(tree, place)));
    const text = sources?.[files[place.file]]?.[place.line];
    if (text !== undefined) item.append(part('code', '', text));
    return item;
  }));
  if (places.length > MOST_PLACES) {
    list.append(part('li', '', `and ${formatFigure(places.length - MOST_PLACES, 'count')} more lines`));
  }
  return [title, figures, list];
}
