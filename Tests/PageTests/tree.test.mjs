// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MB, nodeOf, treeOf } from './data.mjs';

const service = () => treeOf([
  { stack: 'main@main.c:1;serve@serve.c:10;grow@cache.c:99', value: 64 * MB },
  { stack: 'main@main.c:2;serve@serve.c:20;grow@cache.c:98', value: 3 * MB },
  { stack: 'main@main.c:1;serve@serve.c:10;parse@parse.c:5', value: MB },
  { stack: 'main@main.c:1;grow@cache.c:99', value: 2 * MB },
]);

test('from the root, lines of a function are one frame', () => {
  const view = service().view(false);
  assert.equal(view.parent.length - 1, 5);
  const { held, children } = view.sums(0);
  assert.equal(held.net(0), 70 * MB);
  assert.equal(held.net(nodeOf(view, 'main;serve;grow')), 67 * MB);
  assert.deepEqual(children[nodeOf(view, 'main;serve')].map(node => view.nameOf(node)), ['grow', 'parse']);
});

test('from the leaf, callers stand under what they call', () => {
  const view = service().view(true);
  const { held, children } = view.sums(0);
  assert.deepEqual(children[0].map(node => view.nameOf(node)), ['grow', 'parse']);
  assert.equal(held.net(nodeOf(view, 'grow')), 69 * MB);
  assert.equal(held.net(nodeOf(view, 'grow;main')), 2 * MB);
});

test('frames of equal width are sorted by name', () => {
  const tree = treeOf([{ stack: 'b', value: 1 }, { stack: 'a', value: 1 }, { stack: 'c', value: 2 }]);
  const view = tree.view(false);
  assert.deepEqual(view.sums(0).children[0].map(node => view.nameOf(node)), ['c', 'a', 'b']);
});

test('places of a frame go from heavy to light', () => {
  const tree = service();
  const forward = tree.view(false), back = tree.view(true);
  assert.deepEqual(forward.placesOf(nodeOf(forward, 'main;serve;grow'), 0), ['cache.c:99', 'cache.c:98']);
  assert.deepEqual(forward.placesOf(nodeOf(forward, 'main;serve'), 0), ['serve.c:10', 'serve.c:20']);
  assert.deepEqual(back.placesOf(nodeOf(back, 'grow;serve'), 0), ['serve.c:10', 'serve.c:20']);
});

test('a recursive function is a frame for each call', () => {
  const view = treeOf([{ stack: 'f;f;f', value: 5 }]).view(false);
  assert.equal(view.depth[nodeOf(view, 'f;f;f')], 3);
});

test('a path that leads nowhere ends where it does', () => {
  const view = service().view(false);
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
  const view = treeOf([]).view(false);
  assert.equal(view.sums(0).held.net(0), 0);
  assert.deepEqual(view.sums(0).children, [[]]);
});

test('a very deep stack is walked', () => {
  const view = treeOf([{ stack: Array(3000).fill('f').join(';'), value: 5 }]).view(false);
  assert.equal(view.sums(0).held.net(3000), 5);
});
