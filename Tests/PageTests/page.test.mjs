// SPDX-License-Identifier: Apache-2.0
//
// Table, layout, names and address.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correctAddress, formatAddress, parseAddress } from '../../Sources/SiltReport/Flame/page/view/address.js';
import { layout, layoutAround, neighbour } from '../../Sources/SiltReport/Flame/page/view/layout.js';
import { leading, sortRows, tabulate, verdictOf } from '../../Sources/SiltReport/Flame/page/model/functions.js';
import { shortName } from '../../Sources/SiltReport/Flame/page/model/names.js';
import { describe, headline, threadRemark } from '../../Sources/SiltReport/Flame/page/view/words.js';
import { MB, nodeOf, treeOf } from './data.mjs';

const service = () => treeOf([
  { stack: 'main;serve;grow', value: 64 * MB },
  { stack: 'main;serve;serve;push', value: 3 * MB },
  { stack: 'main;idle', value: MB },
]);

// As the page shows it first.
const sorted = (view, zoom, column = 'flat', isReversed = false) => {
  const table = tabulate(view, 0, zoom);
  sortRows(table, view.tree.data.names, column, isReversed);
  return table;
};

test('the table counts a recursive function once', () => {
  const tree = service();
  const { rows } = sorted(tree.view(), 0);
  assert.deepEqual(rows.map(row => [tree.data.names[row.name], row.flat / MB, row.cum / MB]), [
    ['grow', 64, 64], ['push', 3, 3], ['idle', 1, 1], ['main', 0, 68], ['serve', 0, 67],
  ]);
});

test('the table of a zoomed frame has what is in it', () => {
  const tree = service(), view = tree.view('leaf');
  const { rows } = sorted(view, nodeOf(view, 'push'));
  assert.deepEqual(rows.map(row => tree.data.names[row.name]), ['push', 'main', 'serve']);
});

test('frames too narrow to draw share one box', () => {
  const few = Array.from({ length: 50 }, (_, index) => ({ stack: `main;small${index}`, value: 1 }));
  const view = treeOf([{ stack: 'main;large', value: 950 }, ...few]).view();
  const boxes = layout(view, 0, 0, 500);
  assert.deepEqual(boxes.map(box => box.rest?.length ?? view.nameOf(box.node)), ['all', 'main', 'large', 50]);
  const rest = boxes.at(-1);
  assert.equal(rest.x, 475);
  assert.equal(rest.width, 25);
  assert.deepEqual(describe(rest, 0), ['50 smaller frames', '50B']);
});

test('a zoomed frame fills the width below its ancestors', () => {
  const view = service().view();
  const boxes = layout(view, 0, nodeOf(view, 'main;serve'), 670);
  const box = name => boxes.find(({ node }) => view.nameOf(node) === name);
  assert.ok(box('all').isAncestor && box('main').isAncestor && !box('serve').isAncestor);
  assert.deepEqual([box('serve').width, box('grow').width], [670, 640]);
  assert.equal(box('idle'), undefined);
});

test('nothing to draw is the root alone', () => {
  const view = treeOf([]).view();
  assert.equal(layout(view, 0, 0, 500).length, 1);
});

test('arrows walk to callers, callees and siblings', () => {
  const view = service().view();
  const boxes = layout(view, 0, 0, 680);
  const from = (at, ...keys) => {
    const end = keys.reduce((box, key) => neighbour(boxes, box, 'Arrow' + key), at);
    return end && view.nameOf(end.node);
  };
  assert.equal(from(null, 'Down'), 'all');
  assert.equal(from(boxes[0], 'Down', 'Down', 'Down'), 'grow');
  assert.equal(from(boxes[0], 'Down', 'Down', 'Right'), 'idle');
  assert.equal(from(boxes[0], 'Down', 'Down', 'Up', 'Up'), 'all');
  assert.equal(from(boxes[0], 'Down', 'Left'), undefined);
});

const nothing = parseAddress('');

test('an address comes back as it went', () => {
  const state = { ...nothing, kind: 'inuse_space', picture: 'after', invert: true, runtimes: true, search: 'a&b=c#%',
    function: 'f(Request const&)', sort: 'cum', zoom: ['main', 'f(Request const&)', 'a;b'] };
  assert.deepEqual(parseAddress(formatAddress(state)), state);
});

test('an address of nothing is empty, and a broken one is read as far as it can be', () => {
  assert.equal(formatAddress(nothing), '');
  assert.deepEqual(nothing.zoom, []);
  for (const hash of ['', '#', '#&&=', '#what']) assert.deepEqual(parseAddress(hash), nothing);
  assert.deepEqual(parseAddress('#zoom=%ff;a&search=(&&='), { ...nothing, search: '(', zoom: ['%ff', 'a'] });
});

test('the table is sorted by any column, either way', () => {
  const view = service().view(), { names } = view.tree.data;
  const order = (...how) => sorted(view, 0, ...how).rows.map(row => names[row.name]);
  assert.deepEqual(order('name'), ['grow', 'idle', 'main', 'push', 'serve']);
  assert.deepEqual(order('name', true), ['serve', 'push', 'main', 'idle', 'grow']);
  assert.deepEqual(order('cum'), ['main', 'serve', 'grow', 'push', 'idle']);
  assert.deepEqual(order('flat', true).slice(-1), ['grow']);
});

test('the verdict of a function is that of diff, and what grew stands first', () => {
  const tree = treeOf([
    { stack: 'main;noise', value: 90, verdict: 0 }, { stack: 'main;leak', value: 50, verdict: 1 },
    { stack: 'main;gone', value: -70, verdict: -1 }, { stack: 'main;worse', value: 60, verdict: 1 },
  ], { isDiff: true });
  const { names } = tree.data;
  const table = sorted(tree.view(), 0, 'verdict');
  assert.deepEqual(table.rows.map(row => [names[row.name], verdictOf(table.flat, row.name)]), [
    ['worse', 'grew'], ['leak', 'grew'], ['gone', 'shrank'], ['noise', 'noise'], ['main', ''],
  ]);
  assert.deepEqual(leading(table, names, true).map(row => names[row.name]), ['worse', 'leak']);
  assert.equal(headline(tree, table, 0).text, 'grew by 60B; 1 more function grew by 50B');
});

test('of functions of equal size, the headline and the table put the same one first', () => {
  for (const stacks of [['main;b', 'main;a;c;a'], ['main;a;c;a', 'main;b'], ['b', 'a']]) {
    for (const isDiff of [false, true]) {
      const tree = treeOf(stacks.map(stack => ({ stack, value: MB, verdict: 1 })), { isDiff });
      const table = sorted(tree.view(), 0, isDiff ? 'verdict' : 'flat');
      const { name } = headline(tree, tabulate(tree.view(), 0, 0), 0);
      assert.equal(name, table.rows[0].name);
      assert.equal(tree.data.names[name], 'a');
    }
  }
});

test('without growth beyond noise, the headline names nobody', () => {
  const tree = treeOf([{ stack: 'main;noise', value: 90, verdict: 0 }], { isDiff: true });
  assert.deepEqual(headline(tree, tabulate(tree.view(), 0, 0), 0),
    { name: -1, text: 'No function grew by more than sampling noise.' });
});

test('of many threads there is a word beside the heap', () => {
  const threads = count => treeOf([{ stack: 'main;schedule;startThread', value: count }], { kinds: ['threads'] });
  assert.equal(threadRemark(threads(6001)), '6001 threads were created by startThread, from schedule');
  assert.equal(threadRemark(threads(8)), '');
  assert.equal(headline(threads(8), tabulate(threads(8).view(), 0, 0), 0).text, 'created 8, 100% of 8 threads');
});

test('one function stands across, callers above it and callees below', () => {
  const tree = treeOf([{ stack: 'main;a;f;g', value: 60 }, { stack: 'main;b;c;f', value: 40 }]);
  const name = tree.data.names.indexOf('f');
  const boxes = layoutAround(tree.view('callers', false, name), tree.view('callees', false, name), 0, 1000);
  const at = Object.fromEntries(boxes.map(box => [box.view.nameOf(box.node) + box.row, [box.x, box.width]]));
  assert.deepEqual(at, {
    f3: [0, 1000], g4: [0, 600], a2: [0, 600], c2: [600, 400], main1: [0, 600], b1: [600, 400], main0: [600, 400],
  });
  assert.equal(boxes[0].view.nameOf(boxes[0].node), 'f');
  assert.equal(neighbour(boxes, boxes[0], 'ArrowUp').row, 2);
  assert.deepEqual(layoutAround(tree.view('callers', false, -1), tree.view('callees', false, -1), 0, 10), []);
});

test('a long name loses what tells least', () => {
  const name = 'void app::net::Router<app::Cache<std::map<int, char>>>::dispatch<int>(app::Request const&, int)';
  assert.equal(shortName(name, 200), name);
  assert.equal(shortName(name, 80), 'void app::net::Router<app::Cache<…>>::dispatch<int>(app::Request const&, int)');
  assert.equal(shortName(name, 70), 'void app::net::Router<…>::dispatch<…>(app::Request const&, int)');
  assert.equal(shortName(name, 45), 'void app::net::Router<…>::dispatch<…>(…)');
  assert.equal(shortName(name, 30), '…Router<…>::dispatch<…>(…)');
  assert.equal(shortName(name, 20), '…dispatch<…>(…)');
  assert.equal(shortName('a_name_without_any_part_to_leave_out', 13), 'a_na…eave_out');
});

test('operators keep their names, and unmatched brackets are cut as text', () => {
  assert.equal(shortName('std::ostream& operator<< <char>(std::ostream&, Foo<int> const&)', 40),
    'std::ostream& operator<< <…>(…)');
  assert.equal(shortName('bool operator()(std::pair<int, int> const&) const', 30), 'bool operator()(…) const');
  assert.equal(shortName('A<int>::operator->() const with more behind it', 44), 'A<…>::operator->() const with more behind it');
  assert.equal(shortName('broken<<name(of nothing', 12), 'bro…f nothing'.slice(0, 3) + '…' + ' nothing');
  for (let most = 1; most < 70; most++) assert.ok(shortName('x<y<z>>::w(a, b)->c<d> '.repeat(9), most).length <= most);
});

test('what an address names and is not here is ignored and said', () => {
  const known = { pictures: ['heap', 'threads'], kinds: ['inuse_space', 'threads'], names: ['main', 'serve'], steps: 1 };
  const correct = hash => correctAddress(parseAddress(hash), known);
  const fine = correct('#picture=threads&kind=threads&function=serve&sort=cum&zoom=main');
  assert.equal(fine.words, '');
  assert.deepEqual([fine.picture, fine.kind, fine.function, fine.sort, fine.zoom], ['threads', 'threads', 'serve', 'cum', ['main']]);
  assert.equal(correct('').words, '');
  for (const sort of ['zzz', 'constructor', '__proto__']) {
    const { words, sort: kept } = correct(`#sort=${sort}`);
    assert.deepEqual([words, kept], [`The address names what is not here, and it is ignored: sort “${sort}”.`, '']);
  }
  const wrong = correct('#picture=before&kind=__proto__&function=nope&sort=cum&zoom=main;gone;b&invert=1');
  assert.equal(wrong.words, 'The address names what is not here, and it is ignored: picture “before”, kind “__proto__”, '
    + 'function “nope”, frame “gone”.');
  assert.deepEqual([wrong.picture, wrong.kind, wrong.function, wrong.sort, wrong.zoom, wrong.invert], ['', '', '', 'cum', ['main'], true]);
  assert.ok(correct('#function=' + 'x'.repeat(5000)).words.length < 200);
});
