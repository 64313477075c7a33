// SPDX-License-Identifier: Apache-2.0
//
// Search, table, layout and address.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, parseAddress } from '../../Sources/SiltReport/Flame/page/address.js';
import { layout, neighbour } from '../../Sources/SiltReport/Flame/page/layout.js';
import { matcher, search, searchFor } from '../../Sources/SiltReport/Flame/page/search.js';
import { tabulate } from '../../Sources/SiltReport/Flame/page/table.js';
import { describe } from '../../Sources/SiltReport/Flame/page/words.js';
import { MB, nodeOf, treeOf } from './data.mjs';

const service = () => treeOf([
  { stack: 'main;serve;grow', value: 64 * MB },
  { stack: 'main;serve;serve;push', value: 3 * MB },
  { stack: 'main;idle', value: MB },
]);

test('a search is a pattern in either case, or plain text if it is none', () => {
  assert.equal(matcher(''), null);
  assert.ok(matcher('VECTOR|x')('std::vector'));
  assert.ok(matcher('f(')('call f(int)'));
  assert.ok(!matcher('f(')('call g'));
});

test('a row\'s search finds that name only', () => {
  const name = 'std::vector<int*>::push_back(int&&) [clone .cold]';
  assert.ok(matcher(searchFor(name))(name));
  assert.ok(!matcher(searchFor(name))(name + '2'));
});

test('a stack counts once, however many of its functions match', () => {
  const view = service().view(false);
  const found = search(view, 0, 0, 'serve|push');
  assert.equal(found.gross, 67 * MB);
  assert.equal(search(view, 0, nodeOf(view, 'main;idle'), 'serve').gross, 0);
  assert.equal(search(view, 0, 0, ''), null);
});

test('the table counts a recursive function once', () => {
  const tree = service();
  const { rows } = tabulate(tree.view(false), 0, 0);
  assert.deepEqual(rows.map(row => [tree.data.names[row.name], row.flat / MB, row.cum / MB]), [
    ['grow', 64, 64], ['push', 3, 3], ['idle', 1, 1], ['main', 0, 68], ['serve', 0, 67],
  ]);
});

test('the table of a zoomed frame has what is in it', () => {
  const tree = service(), view = tree.view(true);
  const { rows } = tabulate(view, 0, nodeOf(view, 'push'));
  assert.deepEqual(rows.map(row => tree.data.names[row.name]), ['push', 'main', 'serve']);
});

test('frames too narrow to draw share one box', () => {
  const few = Array.from({ length: 50 }, (_, index) => ({ stack: `main;small${index}`, value: 1 }));
  const view = treeOf([{ stack: 'main;large', value: 950 }, ...few]).view(false);
  const boxes = layout(view, view.sums(0), 0, 500);
  assert.deepEqual(boxes.map(box => box.rest?.length ?? view.nameOf(box.node)), ['all', 'main', 'large', 50]);
  const rest = boxes.at(-1);
  assert.equal(rest.x, 475);
  assert.equal(rest.width, 25);
  assert.deepEqual(describe(view, rest, 0), ['50 smaller frames', '50B']);
});

test('a zoomed frame fills the width below its ancestors', () => {
  const view = service().view(false);
  const boxes = layout(view, view.sums(0), nodeOf(view, 'main;serve'), 670);
  const box = name => boxes.find(({ node }) => view.nameOf(node) === name);
  assert.ok(box('all').isAncestor && box('main').isAncestor && !box('serve').isAncestor);
  assert.deepEqual([box('serve').width, box('grow').width], [670, 640]);
  assert.equal(box('idle'), undefined);
});

test('nothing to draw is the root alone', () => {
  const view = treeOf([]).view(false);
  assert.equal(layout(view, view.sums(0), 0, 500).length, 1);
});

test('arrows walk to callers, callees and siblings', () => {
  const view = service().view(false);
  const boxes = layout(view, view.sums(0), 0, 680);
  const from = (at, ...keys) => {
    const end = keys.reduce((box, key) => neighbour(view, boxes, 0, box, 'Arrow' + key), at);
    return end && view.nameOf(end.node);
  };
  assert.equal(from(null, 'Down'), 'all');
  assert.equal(from(boxes[0], 'Down', 'Down', 'Down'), 'grow');
  assert.equal(from(boxes[0], 'Down', 'Down', 'Right'), 'idle');
  assert.equal(from(boxes[0], 'Down', 'Down', 'Up', 'Up'), 'all');
  assert.equal(from(boxes[0], 'Down', 'Left'), undefined);
});

test('an address comes back as it went', () => {
  const state = { kind: 'inuse_space', invert: true, search: 'a&b=c#%', zoom: ['main', 'f(Request const&)', 'a;b'] };
  assert.deepEqual(parseAddress(formatAddress(state)), state);
});

test('an address of nothing is empty, and a broken one is read as far as it can be', () => {
  const nothing = { kind: '', invert: false, search: '', zoom: [] };
  assert.equal(formatAddress(nothing), '');
  for (const hash of ['', '#', '#&&=', '#what']) assert.deepEqual(parseAddress(hash), nothing);
  assert.deepEqual(parseAddress('#zoom=%ff;a&search=(&&='), { ...nothing, search: '(', zoom: ['%ff', 'a'] });
});
