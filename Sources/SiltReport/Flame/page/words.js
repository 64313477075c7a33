// SPDX-License-Identifier: Apache-2.0
//
// What the page says of a frame, in words and figures. No DOM in here.

import { formatFigure, formatInterval, formatShare } from './figures.js';

// With a sign where figures are changes.
export function formatSigned(tree, value, kind) {
  return (tree.data.isDiff && value > 0 ? '+' : '') + formatFigure(value, tree.data.kinds[kind].unit);
}

// `64MB ±3%`
export function formatHeld(tree, held, row, kind) {
  return [formatSigned(tree, held.net(row), kind), formatRange(tree, held, row, kind)].join(' ');
}

// The interval, with a `*` where it is about objects of one size only.
export function formatRange(tree, held, row, kind) {
  const text = formatInterval(held.interval(row), held.net(row), tree.data.kinds[kind].unit);
  return text && held.isOfOneSize(row) ? text + '*' : text;
}

// Why a frame of a diff that holds more or less than before has no colour; empty if it has one.
function whyGrey(held, node) {
  if (held.net(node) === 0 || held.direction(node) !== 0) return '';
  if (held.isNoise(node)) return 'Within sampling noise: neither growth nor shrinkage can be told.';
  if (Math.abs(held.net(node)) < 0.1 * held.gross[node]) return 'About as much went as came.';
  return 'No single function in it grew or shrank by more than sampling noise.';
}

// The lines of a box's tip, its name first.
export function describe(view, box, kind) {
  const { tree } = view;
  const { held } = view.sums(kind);
  if (box.rest) {
    const gross = box.rest.reduce((sum, node) => sum + held.gross[node], 0);
    return [`${box.rest.length} smaller frames`, formatFigure(gross, tree.data.kinds[kind].unit)];
  }
  const { node } = box;
  const figure = (of, kind) => `${tree.data.kinds[kind].name}: ${formatHeld(tree, of, node, kind)}`;
  const share = formatShare(held.gross[node], held.gross[0]);
  const lines = [
    view.nameOf(node), `${figure(held, kind)} (${share}${tree.data.isDiff ? ' of all change' : ''})`,
  ];
  const grey = tree.data.isDiff ? whyGrey(held, node) : '';
  if (grey) lines.push(grey);
  const other = tree.companion(kind);
  if (other >= 0) lines.push(figure(view.sums(other).held, other));
  if (node > 0) {
    const places = view.placesOf(node, kind);
    lines.push(...places.slice(0, 4));
    if (places.length > 4) lines.push(`and ${places.length - 4} more lines`);
    if (view.moduleOf(node)) lines.push(view.moduleOf(node));
  }
  return lines;
}
