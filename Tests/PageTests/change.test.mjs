// SPDX-License-Identifier: Apache-2.0
//
// What the page says of growth: never more than diff says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../../Sources/SiltReport/Flame/page/view/words.js';
import { MB, nodeOf, treeOf } from './data.mjs';

const R = 524288;
const changes = stacks => treeOf(stacks, { isDiff: true, ofNothing: R });
const directionOf = (tree, path) => {
  const view = tree.view();
  return view.sums(0).held.direction(nodeOf(view, path));
};
const tipOf = (tree, path) => {
  const view = tree.view();
  return describe({ view, node: nodeOf(view, path) }, 0);
};

test('a frame has a colour if diff says so and its own interval does', () => {
  const tree = changes([
    { stack: 'main;leak', value: 100 * MB, seen: 10 * MB, deviation: 5 * MB, more: R, verdict: 1 },
    { stack: 'main;gone', value: -60 * MB, seen: 10 * MB, deviation: 5 * MB, more: R, verdict: -1 },
  ]);
  assert.equal(directionOf(tree, 'main;leak'), 1);
  assert.equal(directionOf(tree, 'main;gone'), -1);
  assert.equal(directionOf(tree, 'main'), 1);
  assert.equal(tipOf(tree, 'main;leak').length, 3);
});

test('what diff calls noise has none, whatever its own interval says', () => {
  const tree = changes([{ stack: 'main;cache', value: 8 * MB, seen: 0, deviation: 3 * MB, more: R, verdict: 0 }]);
  const view = tree.view(), { held } = view.sums(0);
  assert.ok(held.interval(nodeOf(view, 'main;cache')).lower > 0, 'this test is of a figure beyond 1.96 σ');
  assert.equal(directionOf(tree, 'main;cache'), 0);
  assert.equal(directionOf(tree, 'main'), 0);
  assert.match(tipOf(tree, 'main;cache')[2], /^No single function/);
});

test('a part of what grew has none if it is within noise by itself', () => {
  const tree = changes([
    { stack: 'main;often;leak', value: 100 * MB, seen: 0, deviation: 5 * MB, more: R, verdict: 1 },
    { stack: 'main;seldom;leak', value: R, seen: 0, deviation: R, more: R, verdict: 1 },
    { stack: 'main;seldom;leak', value: -R, seen: 0, deviation: R, more: R, verdict: 1 },
    { stack: 'main;seldom;leak', value: R / 2, seen: 0, deviation: R, more: R, verdict: 1 },
  ]);
  assert.equal(directionOf(tree, 'main;often'), 1);
  assert.equal(directionOf(tree, 'main;seldom'), 0);
  assert.match(tipOf(tree, 'main;seldom')[2], /^Within sampling noise/);
});

test('growth does not colour what shrank', () => {
  const tree = changes([
    { stack: 'main;a', value: MB, verdict: 1 }, { stack: 'main;b', value: -3 * MB, deviation: 0, verdict: 0 },
  ]);
  assert.equal(directionOf(tree, 'main'), 0);
});

test('about as much that came as went is told so', () => {
  const tree = treeOf([{ stack: 'main;a', value: 100 }, { stack: 'main;b', value: -95 }], { isDiff: true });
  assert.equal(directionOf(tree, 'main'), 0);
  assert.equal(tipOf(tree, 'main')[2], 'About as much went as came.');
});

test('where nothing is known of the error, a change is a change and has no interval', () => {
  const tree = treeOf([{ stack: 'a', value: 5 }], { isDiff: true, ofNothing: null });
  assert.equal(directionOf(tree, 'a'), 1);
  assert.equal(tipOf(tree, 'a')[1], 'inuse_space: +5B (100% of all change)');
});
