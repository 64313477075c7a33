// SPDX-License-Identifier: Apache-2.0
//
// The page's state and what changes it: mouse, keyboard, controls and address. Every change ends in `show`, which draws
// all from the state. What is asked of a server is not here: see live.js.

import { formatShare } from '../model/figures.js';
import { sortRows, tabulate } from '../model/functions.js';
import { search } from '../model/search.js';
import { treesOf } from '../model/tree.js';
import { correctAddress, formatAddress, parseAddress } from './address.js';
import { detailElements } from './details.js';
import { darkScheme, draw, rampOfChange } from './drawing.js';
import { ROW, layout, layoutAround, neighbour } from './layout.js';
import { rowElements } from './rows.js';
import { shortName } from '../model/names.js';
import { describe, formatHeld, formatSigned, headline, kindLabel, mainCaller, pictureLabels, threadRemark } from './words.js';

/** @type {(id: string) => any} */
export const element = id => document.getElementById(id);

const ROWS_AT_FIRST = 40;

let page, trees = [], remark = '', tree, kind = 0, view, boxes = [], lead = { name: -1, text: '' };
// What is searched for, as search.js tells it.
let found = null, searched = '';
// The functions of the whole view, and those within the frame that is zoomed to.
let all, table;
const state = {
  picture: '', kind: '', function: '', search: '', sort: '', base: '', at: '',
  invert: false, around: false, runtimes: false, reversed: false, zoom: 0, focus: null, rows: ROWS_AT_FIRST,
};
// Called after each change that a person made.
let changed = _ => {};
// What an address says of data that are not here yet; null: it was looked at.
let wanted = null;

// ---- Data and address.

// Shows other data of the same program; what is looked at stays.
export function setPage(next) {
  const zoom = zoomPath();
  take(next);
  if (wanted) follow(wanted); else choose(zoom);
  show();
}

// Starts the page; `after` is called with the state and what has changed of it.
export function startPage(first, after = _ => {}) {
  changed = after;
  take(first);
  follow(parseAddress(location.hash));
  showRamp();
  show();
}

function take(next) {
  page = next;
  trees = treesOf(page);
  const threads = trees.find(one => one.data.name === 'threads');
  remark = threads ? threadRemark(threads) : '';
  element('title').textContent = page.title;
}

export function stateOfPage() { return state; }

// What was asked for is not to be had: other moments stand in its place, as if they had been asked for.
export function correctMoments({ base, at }) {
  Object.assign(state, { base, at });
  if (wanted) Object.assign(wanted, { base, at });
  const fields = { ...parseAddress(location.hash), base, at };
  history.replaceState(null, '', formatAddress(fields) || location.pathname + location.search);
}

// What is in use in all as the page's last picture of the heap has it, with its interval.
export function estimateOfAll() {
  const heap = trees.find(one => ['heap', 'after'].includes(one.data.name)) ?? tree;
  const { held } = heap.view('root', !state.runtimes).sums(heap.kindNamed('inuse_space'));
  const interval = held.interval(0);
  const end = value => (Number.isFinite(value) ? value : null);
  return { value: held.net(0), lower: end(interval?.lower), upper: end(interval?.upper) };
}

// Tree, kind and view as the state names them, what all of it comes to, and the frame that a path leads to.
function choose(zoom) {
  tree = trees.find(one => one.data.name === state.picture) ?? trees[0];
  kind = tree.kindNamed(state.kind || page.kind);
  view = tree.view(state.invert ? 'leaf' : 'root', !state.runtimes);
  state.zoom = view.nodeAt(zoom, kind);
  state.focus = null;
  all = tabulate(view, kind, 0);
  lead = headline(tree, state.runtimes && !state.invert ? tabulate(tree.view('root', true), kind, 0) : all, kind);
}

// The names on the way to the frame that is zoomed to: it has them in other data and other pictures, too.
function zoomPath() { return view.pathTo(state.zoom).map(node => view.nameOf(node)); }

// Shows what an address says. What it names that is not here is ignored, in the address, too, and the page says so.
function follow(fields) {
  wanted = null;
  const data = trees.map(one => one.data), kinds = data.flatMap(one => one.kinds.map(kind => kind.name));
  const known = { pictures: data.map(one => one.name), kinds, names: data[0].names, steps: fields.zoom.length };
  // Which steps there are depends on the rest.
  const { zoom, words: _, ...rest } = correctAddress(fields, known);
  Object.assign(state, rest);
  choose(zoom);
  const { words } = correctAddress(fields, { ...known, steps: zoomPath().length });
  element('ignored').textContent = words;
  if (words) writeAddress();
}

function writeAddress() {
  const address = formatAddress({ ...state, zoom: zoomPath() });
  history.replaceState(null, '', address || location.pathname + location.search);
}

export function change(changes) {
  // A server may not have answered yet.
  if (!tree) return;
  // A frame of one view is none of another; that of another picture has the same path.
  const path = 'invert' in changes || 'kind' in changes ? [] : zoomPath();
  Object.assign(state, changes);
  wanted = null;
  element('ignored').textContent = '';
  if (['picture', 'kind', 'invert', 'runtimes'].some(name => name in changes)) choose(path);
  if (!('rows' in changes) && !('focus' in changes)) state.rows = ROWS_AT_FIRST;
  show();
  writeAddress();
  changed(changes);
}

// ---- Showing.

function press(id, isPressed) { element(id).setAttribute('aria-pressed', String(isPressed)); }

// The number of the function that is looked at; -1: none is.
function chosen() { return state.function === '' ? -1 : tree.data.names.indexOf(state.function); }

// Elements are made anew; who has reached one by the keyboard stays there.
function show() {
  const at = /** @type {HTMLElement} */ (document.activeElement);
  const place = at?.closest('[id]')?.id, { name, picture } = at?.dataset ?? {};
  showAll();
  if (document.activeElement === at || (name === undefined && picture === undefined)) return;
  const same = [...document.querySelectorAll(`#${place} [data-${name === undefined ? 'picture' : 'name'}]`)]
    .find(other => /** @type {HTMLElement} */ (other).dataset[name === undefined ? 'picture' : 'name'] === (name ?? picture));
  /** @type {HTMLElement | undefined} */ (same)?.focus();
}

function showAll() {
  ({ found, remark: searched } = search(view, kind, state.zoom, state.search));
  table = state.zoom === 0 ? all : tabulate(view, kind, state.zoom);
  showHead();
  showControls();
  showTable();
  showDetails();
  arrange();
}

function showHead() {
  element('about').textContent = tree.data.about.join(' · ');
  element('legend').hidden = !tree.data.isDiff;
  const { names } = tree.data;
  /** @type {(string | Node)[]} */
  const parts = [lead.text];
  if (lead.name >= 0) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.name = String(lead.name);
    button.textContent = shortName(names[lead.name], 120);
    parts.unshift(button, ' ');
    const from = document.createElement('small'), caller = mainCaller(tree, lead.name, kind);
    from.textContent = caller && ' from ' + shortName(caller, 80);
    parts.push(from);
  }
  element('headline').replaceChildren(...parts);
  const tellsThreads = tree.data.name === 'threads' || page.remarks.some(text => text.startsWith('threads:'));
  const remarks = remark && !tellsThreads ? [...page.remarks, remark] : page.remarks;
  element('remarks').replaceChildren(...remarks.map(text => {
    const line = document.createElement('p');
    line.textContent = text;
    return line;
  }));
  element('notes').replaceChildren(...tree.data.kinds[kind].notes.map(note => {
    const item = document.createElement('li');
    item.textContent = note;
    return item;
  }));
}

function showRamp() {
  element('ramp').replaceChildren(...rampOfChange().map(colour => {
    const swatch = document.createElement('span');
    swatch.style.background = colour;
    return swatch;
  }));
}

function showControls() {
  element('pictures').hidden = trees.length < 2;
  element('pictures').replaceChildren(...trees.map(one => {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.picture = one.data.name;
    button.setAttribute('aria-pressed', String(one === tree));
    button.textContent = pictureLabels[one.data.name];
    return button;
  }));
  const kinds = tree.data.kinds.map(one => one.name), options = [...element('kind').options].map(option => option.value);
  // A list that is open must not be made anew.
  if (kinds.join() !== options.join()) {
    element('kind').replaceChildren(...kinds.map(name => new Option(kindLabel(name), name)));
  }
  element('kind').value = tree.data.kinds[kind].name;
  press('flame', !state.invert && !state.around);
  press('invert', state.invert && !state.around);
  press('around', state.around);
  press('runtimes', state.runtimes);
  element('runtimes').hidden = !tree.hasFolded;
  if (element('search').value !== state.search) element('search').value = state.search;
  element('reset').disabled = state.zoom === 0 && !state.search && !state.around;
  const share = found && formatShare(found.gross, view.sums(kind).held.gross[state.zoom]);
  element('matched').textContent = [searched, found && `${share} matched: ${formatSigned(tree, found.net, kind)}`]
    .filter(Boolean).join('; ');
}

function showTable() {
  const { names, isDiff } = tree.data;
  const sort = state.sort || (isDiff ? 'verdict' : 'flat');
  sortRows(table, names, sort, state.reversed);
  for (const button of element('columns').querySelectorAll('button')) {
    const header = button.closest('th'), column = button.dataset.sort;
    if (column === 'verdict') header.hidden = !isDiff;
    const ascends = (column === 'name') !== state.reversed;
    if (column === sort) header.setAttribute('aria-sort', ascends ? 'ascending' : 'descending');
    else header.removeAttribute('aria-sort');
  }
  element('share').hidden = isDiff;
  const rows = found ? table.rows.filter(row => found.names[row.name]) : table.rows;
  const held = view.sums(kind).held;
  element('rows').replaceChildren(
    ...rowElements(tree, table, rows.slice(0, state.rows), kind, held.gross[0], chosen()));
  if (element('rows').firstElementChild) element('rows').firstElementChild.tabIndex = 0;
  const where = state.zoom === 0 ? '' : ' in ' + view.nameOf(state.zoom);
  element('caption').textContent = `${tree.data.kinds[kind].name}${where}: ${formatHeld(tree, held, state.zoom, kind)}`;
  element('more').hidden = rows.length <= state.rows;
  const rest = Math.max(0, rows.length - state.rows);
  element('more').textContent = rest === 0 ? '' : `Show ${Math.min(rest, state.rows)} of ${rest} more`;
}

function showDetails() {
  const name = chosen();
  element('details').hidden = name < 0;
  if (name < 0) return;
  element('known').replaceChildren(
    ...detailElements(tree, all, kind, name, tree.view('callees', !state.runtimes, name)));
  element('look').hidden = state.around;
}

function arrange() {
  const width = element('scroll').clientWidth;
  const name = state.around ? (chosen() >= 0 ? chosen() : lead.name) : -1;
  boxes = state.around
    ? layoutAround(tree.view('callers', !state.runtimes, name), tree.view('callees', !state.runtimes, name), kind, width)
    : layout(view, kind, state.zoom, width);
  const rows = boxes.reduce((most, box) => Math.max(most, box.row + 1), 1);
  element('space').style.height = Math.max(rows * ROW, element('scroll').clientHeight) + 'px';
  const what = tree.data.kinds[kind].name, held = view.sums(kind).held;
  const shown = `${view.parent.length - 1} frames, ${boxes.length} drawn`;
  element('graph').setAttribute('aria-label', state.around
    ? `Callers and callees of ${name < 0 ? 'nothing' : tree.data.names[name]}, ${what}: ${boxes.length} drawn`
    : `Flame graph of ${what}${state.zoom === 0 ? '' : `, zoomed to ${view.nameOf(state.zoom)}`}: `
      + `${formatSigned(tree, held.net(state.zoom), kind)} in ${shown}`);
  repaint();
}

function repaint() {
  draw(element('graph'), element('scroll'), kind, boxes, found, state.focus);
}

// ---- The tip: what is known of the frame under the pointer or the keyboard's focus.

function hideTip() { element('tip').hidden = true; }

function showTip(box, x, y) {
  if (!box) return hideTip();
  const tip = element('tip');
  tip.hidden = false;
  const [title, ...lines] = describe(box, kind);
  const head = document.createElement('b');
  head.textContent = title;
  tip.replaceChildren(head, lines.join('\n'));
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 8)) + 'px';
  tip.style.top = Math.max(4, y + 18 + height > innerHeight ? y - height - 10 : y + 18) + 'px';
}

function showTipAtFocus() {
  if (!state.focus) return hideTip();
  const area = element('graph').getBoundingClientRect();
  const bottom = area.top + (state.focus.row + 1) * ROW - element('scroll').scrollTop;
  showTip(state.focus, area.left + state.focus.x, bottom - 12);
}

// ---- Mouse and finger.

function boxAt(event) {
  const area = element('graph').getBoundingClientRect();
  const x = event.clientX - area.left;
  const row = Math.floor((event.clientY - area.top + element('scroll').scrollTop) / ROW);
  return boxes.find(box => box.row === row && x >= box.x && x < box.x + box.width) ?? null;
}

// A frame is zoomed to; among callers and callees it becomes the one in the middle. The narrow frames that share a box
// have their parent as its node: that gets the width.
function enter(box) {
  if (!box) return;
  const name = box.node === 0 ? '' : box.view.nameOf(box.node);
  hideTip();
  change(state.around ? { function: name } : { zoom: box.node, function: name });
}

element('graph').addEventListener('pointermove', event => {
  if (event.pointerType !== 'touch') showTip(boxAt(event), event.clientX, event.clientY);
});
element('graph').addEventListener('pointerleave', hideTip);
element('graph').addEventListener('click', event => enter(boxAt(event)));

// ---- Keyboard.

function focusOn(box) {
  if (!box) return;
  state.focus = box;
  const scroll = element('scroll'), top = box.row * ROW;
  if (top < scroll.scrollTop) scroll.scrollTop = top;
  if (top + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + ROW - scroll.clientHeight;
  repaint();
  showTipAtFocus();
}

element('graph').addEventListener('keydown', event => {
  if (event.key.startsWith('Arrow')) {
    focusOn(neighbour(boxes, state.focus, event.key));
  } else if (event.key === 'Enter' && state.focus) {
    enter(state.focus);
    focusOn(boxes[0]);
  } else {
    return;
  }
  event.preventDefault();
});

element('rows').addEventListener('keydown', event => {
  const row = event.target.closest('tr');
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
  if (next) {
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  } else if (event.key === 'Enter') {
    lookAt(row.dataset.name);
  } else {
    return;
  }
  event.preventDefault();
});

// Letters do what the buttons do that have them in their titles.
const keys = {
  f: 'flame', i: 'invert', c: 'around', r: 'runtimes', '?': 'help',
};
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = [element('search'), ...document.querySelectorAll('select')].includes(event.target);
  if (event.key === 'Escape') {
    leave();
    element('graph').focus();
  } else if (isTyping) {
    return;
  } else if (event.key === '/') {
    element('search').select();
    element('search').focus();
  } else if (event.key === 'p' && trees.length > 1) {
    change({ picture: trees[(trees.indexOf(tree) + 1) % trees.length].data.name });
  } else if (keys[event.key] && !element(keys[event.key]).hidden) {
    element(keys[event.key]).click();
  } else {
    return;
  }
  event.preventDefault();
});

// ---- Controls.

function leave() {
  hideTip();
  element('manual').hidden = true;
  element('help').setAttribute('aria-expanded', 'false');
  change({ zoom: 0, search: '', function: '', around: false, focus: null });
}

// By the number of a function, as elements have it.
function lookAt(number) { change({ function: tree.data.names[Number(number)], around: true }); }

element('search').addEventListener('input', () => change({ search: element('search').value }));
element('kind').addEventListener('change', () => change({ kind: element('kind').value }));
element('flame').addEventListener('click', () => change({ invert: false, around: false }));
element('invert').addEventListener('click', () => change({ invert: true, around: false }));
element('around').addEventListener('click', () => change(
  { around: true, function: state.function || (lead.name < 0 ? '' : tree.data.names[lead.name]) }));
element('look').addEventListener('click', () => change({ around: true }));
element('runtimes').addEventListener('click', () => change({ runtimes: !state.runtimes }));
element('reset').addEventListener('click', leave);
element('more').addEventListener('click', () => change({ rows: state.rows * 2 }));
element('pictures').addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button) change({ picture: button.dataset.picture });
});
element('headline').addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button) lookAt(button.dataset.name);
});
element('help').addEventListener('click', () => {
  element('manual').hidden = !element('manual').hidden;
  element('help').setAttribute('aria-expanded', String(!element('manual').hidden));
});
element('rows').addEventListener('click', event => {
  const row = event.target.closest('tr');
  // Who selects a name wants to copy it.
  if (row && String(getSelection()) === '') lookAt(row.dataset.name);
});
element('columns').addEventListener('click', event => {
  const column = event.target.closest('button')?.dataset.sort;
  if (!column || !tree) return;
  const sort = state.sort || (tree.data.isDiff ? 'verdict' : 'flat');
  change({ sort: column, reversed: column === sort && !state.reversed });
});

addEventListener('hashchange', () => {
  if (!tree) return;
  const fields = parseAddress(location.hash), { base, at } = fields;
  if (base === state.base && at === state.at) {
    follow(fields);
    show();
  } else {
    // What else it names may stand in the data of those moments only.
    wanted = fields;
    Object.assign(state, { base, at });
    changed({ base, at });
  }
});
addEventListener('resize', () => { if (tree) arrange(); });
element('scroll').addEventListener('scroll', () => { repaint(); hideTip(); });
darkScheme.addEventListener('change', () => { showRamp(); repaint(); });
