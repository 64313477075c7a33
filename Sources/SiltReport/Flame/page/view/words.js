// SPDX-License-Identifier: Apache-2.0
//
// What the page says of frames and functions, in words and figures. No DOM in here.

import { leading } from '../model/functions.js';
import { formatFigure, formatInterval, formatShare } from '../model/figures.js';

export const kindLabels = {
  inuse_space: 'in use, bytes', inuse_objects: 'in use, objects',
  alloc_space: 'allocated, bytes', alloc_objects: 'allocated, objects',
  threads: 'threads', stack_space: 'stacks, bytes reserved',
};
export const pictureLabels = {
  heap: 'Heap', change: 'Change', before: 'Before', after: 'After', threads: 'Threads',
};
export const verdictLabels = {
  grew: 'grew', shrank: 'shrank', both: 'grew and shrank', noise: 'within noise', '': '',
};

// With a sign where figures are changes.
export function formatSigned(tree, value, kind) {
  return (tree.data.isDiff && value > 0 ? '+' : '') + formatFigure(value, tree.data.kinds[kind].unit);
}

// `64MB ±3%`
export function formatHeld(tree, held, row, kind) {
  return [formatSigned(tree, held.net(row), kind), formatRange(tree, held, row, kind)].filter(Boolean).join(' ');
}

// The interval, with a `*` where it is about objects of one size only.
export function formatRange(tree, held, row, kind) {
  const text = formatInterval(held.interval(row), held.net(row), tree.data.kinds[kind].unit);
  return text && held.isOfOneSize(row) ? text + '*' : text;
}

// The page's first sentence, in two parts: the function that it is about, a number of `names` or -1, and what is said of it.
export function headline(tree, table, kind) {
  const { isDiff, kinds } = tree.data;
  const { unit } = kinds[kind];
  const [first, ...others] = leading(table, isDiff);
  const total = table.rows.length === 0 ? 0 : tree.view().sums(kind).held.net(0);
  if (isDiff) {
    if (!first) return { name: -1, text: 'No function grew by more than sampling noise.' };
    const sum = others.reduce((sum, row) => sum + row.flat, 0);
    const also = others.length === 0 ? ''
      : `; ${others.length} more ${others.length === 1 ? 'function' : 'functions'} grew by ${formatFigure(sum, unit)}`;
    const range = formatRange(tree, table.flat, first.name, kind);
    return { name: first.name, text: `grew by ${formatFigure(first.flat, unit)}${range && ' ' + range}${also}` };
  }
  if (!first) return { name: -1, text: `Nothing is known of ${kindLabels[kinds[kind].name] ?? kinds[kind].name}.` };
  const share = `${formatShare(first.flat, total)} of ${formatFigure(total, unit)}`;
  return { name: first.name, text: `${kinds[kind].name.startsWith('alloc') ? 'allocated' : kinds[kind].name === 'threads'
    ? 'created' : 'holds'} ${formatHeld(tree, table.flat, first.name, kind)}, ${share}` };
}

// Why a frame of a diff that holds more or less than before has no colour; empty if it has one.
export function whyGrey(held, node) {
  if (held.net(node) === 0 || held.direction(node) !== 0) return '';
  if (held.isNoise(node)) return 'Within sampling noise: neither growth nor shrinkage can be told.';
  if (Math.abs(held.net(node)) < 0.1 * held.gross[node]) return 'About as much went as came.';
  return 'No single function in it grew or shrank by more than sampling noise.';
}

// `cache.cpp:99`, of { file, line } by numbers.
export function formatPlace(tree, { file, line }) {
  return tree.data.files[file] + (line ? ':' + line : '');
}

// The lines of a box's tip, its name first.
export function describe(box, kind) {
  const { view, view: { tree } } = box;
  const { held } = view.sums(kind);
  if (box.rest) {
    const gross = box.rest.reduce((sum, node) => sum + held.gross[node], 0);
    return [`${box.rest.length} smaller frames`, formatFigure(gross, tree.data.kinds[kind].unit)];
  }
  const { node } = box;
  const figure = (of, kind) => `${tree.data.kinds[kind].name}: ${formatHeld(tree, of, node, kind)}`;
  const whole = tree.view('root', view.isFolded).sums(kind).held.gross[0];
  const share = formatShare(held.gross[node], whole);
  const lines = [
    view.nameOf(node), `${figure(held, kind)} (${share}${tree.data.isDiff ? ' of all change' : ''})`,
  ];
  const grey = tree.data.isDiff ? whyGrey(held, node) : '';
  if (grey) lines.push(grey);
  const other = tree.companion(kind);
  if (other >= 0) lines.push(figure(view.sums(other).held, other));
  if (node > 0) {
    const places = view.placesOf(node, kind);
    lines.push(...places.slice(0, 4).map(place => formatPlace(tree, place)));
    if (places.length > 4) lines.push(`and ${places.length - 4} more lines`);
    if (view.moduleOf(node)) lines.push(view.moduleOf(node));
  }
  return lines;
}
