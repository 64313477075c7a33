// SPDX-License-Identifier: Apache-2.0
//
// What the page says of frames and functions, in words and figures. No DOM in here.

import { leading, tabulate } from '../model/functions.js';
import { formatFigure, formatInterval, formatShare } from '../model/figures.js';
import { shortName } from '../model/names.js';

const kindLabels = {
  inuse_space: 'in use, bytes', inuse_objects: 'in use, objects',
  alloc_space: 'allocated, bytes', alloc_objects: 'allocated, objects',
  threads: 'threads', stack_space: 'stacks, bytes reserved',
};
// Kinds of other tools have their own names.
export function kindLabel(name) { return kindLabels[name] ?? name; }

export const pictureLabels = {
  heap: 'Heap', change: 'Change', before: 'Before', after: 'After', threads: 'Threads',
};
const verdictLabels = {
  grew: 'grew', shrank: 'shrank', both: 'grew and shrank', noise: 'within noise', '': '',
};

// Where what seems to be in use may have been freed, `diff` calls that not proven.
export function formatVerdict(tree, verdict, kind) {
  return verdict === 'noise' && tree.data.kinds[kind].mayBeFreed ? 'not proven' : verdictLabels[verdict];
}

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
  const { isDiff, kinds, names } = tree.data;
  const { name, unit, mayBeFreed } = kinds[kind];
  const [first, ...others] = leading(table, names, isDiff);
  if (!first && isDiff) {
    return { name: -1, text: mayBeFreed ? 'Nothing is proven to have grown: see the notes.'
      : 'No function grew by more than sampling noise.' };
  }
  if (!first) return { name: -1, text: `Nothing is known of ${kindLabel(name)}.` };
  if (isDiff) {
    const sum = others.reduce((sum, row) => sum + row.flat, 0);
    const also = others.length === 0 ? ''
      : `; ${others.length} more ${others.length === 1 ? 'function' : 'functions'} grew by ${formatFigure(sum, unit)}`;
    const range = formatRange(tree, table.flat, first.name, kind);
    return { name: first.name, text: `grew by ${formatFigure(first.flat, unit)}${range && ' ' + range}${also}` };
  }
  const total = tree.view('root', true).sums(kind).held.net(0);
  const verb = name.startsWith('alloc') ? 'allocated' : name === 'threads' ? 'created' : 'holds';
  const whole = formatFigure(total, unit) + (name === 'threads' ? ' threads' : '');
  return { name: first.name,
    text: `${verb} ${formatHeld(tree, table.flat, first.name, kind)}, ${formatShare(first.flat, total)} of ${whole}` };
}

// Of the function that a headline is about, the one that calls it for most; empty if nobody does.
export function mainCaller(tree, name, kind) {
  const view = tree.view('callers', true, name);
  const caller = view.sums(kind).children[1]?.[0];
  return caller === undefined ? '' : view.nameOf(caller);
}

// So many threads of one origin are worth a word where the heap is shown: their stacks are not in it.
const MANY_THREADS = 100;

// `6001 threads were created by startThread, from schedule`; empty if there are not many.
export function threadRemark(tree) {
  const kind = tree.kindNamed('threads');
  const table = tabulate(tree.view('root', true), kind, 0);
  const [first] = leading(table, tree.data.names, false);
  if (!first || first.flat < MANY_THREADS) return '';
  const from = mainCaller(tree, first.name, kind);
  return `${formatFigure(first.flat, 'count')} threads were created by ${shortName(tree.data.names[first.name], 80)}`
    + (from && `, from ${shortName(from, 80)}`);
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
