// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treesOf } from '../../Sources/SiltReport/Flame/page/model/tree.js';
import { unpackColumn, unpackNumbers } from '../../Sources/SiltReport/Flame/page/model/packed.js';
import { formatPlace } from '../../Sources/SiltReport/Flame/page/view/words.js';
import { MB, nodeOf, treeOf } from './data.mjs';

const service = () => treeOf([
  { stack: 'main@main.c:1;serve@serve.c:10;grow@cache.c:99', value: 64 * MB },
  { stack: 'main@main.c:2;serve@serve.c:20;grow@cache.c:98', value: 3 * MB },
  { stack: 'main@main.c:1;serve@serve.c:10;parse@parse.c:5', value: MB },
  { stack: 'main@main.c:1;grow@cache.c:99', value: 2 * MB },
]);

test('from the root, lines of a function are one frame', () => {
  const view = service().view();
  assert.equal(view.parent.length - 1, 5);
  const { held, children } = view.sums(0);
  assert.equal(held.net(0), 70 * MB);
  assert.equal(held.net(nodeOf(view, 'main;serve;grow')), 67 * MB);
  assert.deepEqual(children[nodeOf(view, 'main;serve')].map(node => view.nameOf(node)), ['grow', 'parse']);
});

test('from the leaf, callers stand under what they call', () => {
  const view = service().view('leaf');
  const { held, children } = view.sums(0);
  assert.deepEqual(children[0].map(node => view.nameOf(node)), ['grow', 'parse']);
  assert.equal(held.net(nodeOf(view, 'grow')), 69 * MB);
  assert.equal(held.net(nodeOf(view, 'grow;main')), 2 * MB);
});

test('frames of equal width are sorted by name', () => {
  const tree = treeOf([{ stack: 'b', value: 1 }, { stack: 'a', value: 1 }, { stack: 'c', value: 2 }]);
  const view = tree.view();
  assert.deepEqual(view.sums(0).children[0].map(node => view.nameOf(node)), ['c', 'a', 'b']);
});

const places = (view, node) => view.placesOf(node, 0).map(place => formatPlace(view.tree, place));

test('places of a frame go from heavy to light', () => {
  const tree = service();
  const forward = tree.view(), back = tree.view('leaf');
  assert.deepEqual(places(forward, nodeOf(forward, 'main;serve;grow')), ['cache.c:99', 'cache.c:98']);
  assert.deepEqual(places(forward, nodeOf(forward, 'main;serve')), ['serve.c:10', 'serve.c:20']);
  assert.deepEqual(places(back, nodeOf(back, 'grow;serve')), ['serve.c:10', 'serve.c:20']);
});

test('a recursive function is a frame for each call', () => {
  const view = treeOf([{ stack: 'f;f;f', value: 5 }]).view();
  assert.equal(view.depth[nodeOf(view, 'f;f;f')], 3);
});

test('a path that leads nowhere ends where it does', () => {
  const view = service().view();
  assert.equal(view.nameOf(view.nodeAt(['main', 'nobody', 'grow'], 0)), 'main');
  assert.equal(view.nodeAt(['nobody'], 0), 0);
  assert.equal(view.nodeAt([], 0), 0);
});

test('bytes and objects of the same blocks find each other', () => {
  const tree = treeOf([{ stack: 'a', value: [1, 2, 3] }], { kinds: ['inuse_space', 'threads', 'inuse_objects'] });
  assert.equal(tree.companion(0), 2);
  assert.equal(tree.companion(2), 0);
  assert.equal(tree.companion(1), -1);
});

test('no stacks at all are a view of nothing', () => {
  const view = treeOf([]).view();
  assert.equal(view.sums(0).held.net(0), 0);
  assert.deepEqual(view.sums(0).children, [[]]);
});

test('a very deep stack is walked', () => {
  const view = treeOf([{ stack: Array(3000).fill('f').join(';'), value: 5 }]).view();
  assert.equal(view.sums(0).held.net(3000), 5);
});

// ---- Folded, and around one function.

const folded = () => treeOf([
  { stack: 'main;open;operator new;malloc', value: 5, folded: 2 },
  { stack: 'main;open;close;malloc', value: 3, folded: 1 },
  { stack: 'main;open', value: 1 },
]);

test('folded, memory stands with the function that asked for it', () => {
  const tree = folded();
  const view = tree.view('root', true), { held, children } = view.sums(0);
  assert.equal(held.net(nodeOf(view, 'main;open')), 9);
  assert.deepEqual(children[nodeOf(view, 'main;open')].map(node => view.nameOf(node)), ['close']);
  const back = tree.view('leaf', true);
  assert.deepEqual(back.sums(0).children[0].map(node => back.nameOf(node)), ['open', 'close']);
  const whole = tree.view('leaf');
  assert.deepEqual(whole.sums(0).children[0].map(node => whole.nameOf(node)), ['malloc', 'open']);
  assert.ok(tree.hasFolded && !service().hasFolded);
});

test('callers and callees of a function hold the same, each stack once', () => {
  const tree = treeOf([
    { stack: 'main;a;f;g;f;x', value: 5 }, { stack: 'main;b;f', value: 3 }, { stack: 'main;c', value: 100 },
  ]);
  const name = tree.data.names.indexOf('f');
  const callers = tree.view('callers', false, name), callees = tree.view('callees', false, name);
  for (const view of [callers, callees]) assert.equal(view.sums(0).held.net(nodeOf(view, 'f')), 8);
  assert.equal(callers.sums(0).held.net(nodeOf(callers, 'f;a;main')), 5);
  assert.equal(callers.sums(0).held.net(nodeOf(callers, 'f;b;main')), 3);
  assert.equal(callees.sums(0).held.net(nodeOf(callees, 'f;g;f;x')), 5);
  assert.equal(tree.view('callers', false, -1).sums(0).held.net(0), 0);
});

test('places around a function are those of its calls', () => {
  const tree = service();
  const name = tree.data.names.indexOf('serve');
  const callers = tree.view('callers', false, name), callees = tree.view('callees', false, name);
  assert.deepEqual(places(callees, nodeOf(callees, 'serve')), ['serve.c:10', 'serve.c:20']);
  assert.deepEqual(places(callees, nodeOf(callees, 'serve;grow')), ['cache.c:99', 'cache.c:98']);
  assert.deepEqual(places(callers, nodeOf(callers, 'serve;main')), ['main.c:1', 'main.c:2']);
});

test('packed numbers and figures come back', () => {
  assert.deepEqual(unpackNumbers('AfgBghC'), [0, 31, 32, 2080]);
  assert.deepEqual(unpackColumn({ values: [1.5, null, 7], at: 'ACBA' }), [1.5, 7, null, 1.5]);
});

test('pictures of one page share frames and keep their own figures', () => {
  const column = { values: [0, 3, 4], at: 'BC' }, none = { values: [0], at: 'AA' };
  const figures = { came: { seen: column, unseen: none, deviation: none }, went: null, more: none, sizes: null, verdicts: null };
  const kinds = [{ name: 'inuse_space', unit: 'bytes', ofNothing: 0, notes: [] }];
  // main, main;a, main;b, of which the leaves are 2 and 3, and the other way round.
  const [first, second] = treesOf({
    names: ['main', 'a', 'b'], files: [''], modules: [''], frames: 'AAAABAAACAAA', parents: 'ABBC', nodes: 'ABCD',
    pictures: [
      { name: 'before', isDiff: false, kinds, leaves: 'EC', folded: none, figures: [figures] },
      { name: 'after', isDiff: false, kinds, leaves: 'GB', folded: none, figures: [figures] },
    ],
  });
  for (const [tree, a, b] of [[first, 3, 4], [second, 4, 3]]) {
    const view = tree.view(), { held } = view.sums(0);
    assert.deepEqual(['main', 'main;a', 'main;b'].map(path => held.net(nodeOf(view, path))), [7, a, b]);
  }
  assert.equal(first.data.names, second.data.names);
});
