// SPDX-License-Identifier: Apache-2.0
//
// Search: patterns mean what those of the browser mean, and none makes the page wait.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pattern, PatternError } from '../../Sources/SiltReport/Flame/page/model/pattern.js';
import { shortName } from '../../Sources/SiltReport/Flame/page/model/names.js';
import { matcher, search } from '../../Sources/SiltReport/Flame/page/model/search.js';
import { MB, nodeOf, treeOf } from './data.mjs';

test('a search is a pattern in either case, or plain text if it is none', () => {
  assert.equal(matcher(''), null);
  assert.ok(matcher('VECTOR|x').matches('std::vector'));
  assert.equal(matcher('VECTOR|x').remark, '');
  assert.ok(matcher('f(').matches('call f(int)'));
  assert.ok(!matcher('f(').matches('call g'));
  assert.equal(matcher('f(').remark, 'as text, since ( is not closed');
  assert.ok(matcher('operator new[]').matches('operator new[](unsigned long)'));
  assert.match(matcher('(?=x)').remark, /^as text, since of what begins with \(\?/);
});

test('each name finds itself, and its short form does, too', () => {
  const names = ['TokenCache.insert(_:)', 'operator new[](unsigned long)', 'a::b<c*>::d(int*)', 'closure #1 in f(a:_:) + x',
    'std::basic_string<char, std::char_traits<char>, std::allocator<char> >::_M_create(unsigned long&, unsigned long)',
    'boost::function<void (std::map<int, std::pair<int, char>> const&)>::operator()(std::vector<int> const&) const'];
  for (const name of names) {
    assert.ok(matcher(name).matches(name), name);
    assert.ok(matcher(name.toUpperCase()).matches('x ' + name), name);
    for (let most = 12; most < 120; most++) assert.ok(matcher(shortName(name, most)).matches(name), shortName(name, most));
  }
  assert.ok(matcher('_M_create(unsigned long&, …)').matches(names[4]));
  assert.ok(!matcher('_M_create(…)>::').matches(names[4]));
  assert.ok(!matcher('…').matches('main'));
  // Still a pattern.
  assert.ok(matcher('insert(_:)').matches('insert_:'));
});

test('a stack counts once, however many of its functions match', () => {
  const view = treeOf([
    { stack: 'main;serve;grow', value: 64 * MB }, { stack: 'main;serve;serve;push', value: 3 * MB },
    { stack: 'main;idle', value: MB },
  ]).view();
  const { found } = search(view, 0, 0, 'serve|push');
  assert.equal(found.gross, 67 * MB);
  assert.equal(search(view, 0, nodeOf(view, 'main;idle'), 'serve').found.gross, 0);
  assert.deepEqual(search(view, 0, 0, ''), { found: null, remark: '' });
});

const NAMES = ['', 'main', 'std::vector<int>::push_back(int&&)', 'operator new[](unsigned long)', 'a_b9 c', 'aaab', 'Ab', '-',
  'Cache.insert(_:)', '{closure}{{vtable.shim}}', 'x\\y]z^$', 'abababab', 'café'];

test('a pattern matches what it matches in a browser', () => {
  const patterns = ['^main$', 'push_(back|front)', '\\bint\\b', '\\Bin', '[^a-z]+$', '[]^]', '(?:ab){3,}', '(ab){5}', 'a{2,3}b',
    '\\w+::\\w+', '\\W$', '[\\d_]', '\\x61\\u0062', '{closure', 'a?b?$', '^(a|ab)(c|bcd)*$', '.*<.*>.*', '(?<name>new)\\[', 'É', '[A-C]\\.',
    '', '()', 'a||b', '\\$$', '[a\\]]z', '\\(_:\\)'];
  for (const text of patterns) {
    // `]` that stands first in brackets is a character of RE2 and none of a browser.
    const known = new RegExp(text.replace('[]', '[\\]'), 'i'), pattern = new Pattern(text);
    for (const name of NAMES) assert.equal(pattern.matches(name), known.test(name), `${text} in ${name}`);
  }
});

test('random patterns match what they match in a browser', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  let random = seed;
  const below = count => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return Math.floor(random / 2 ** 32 * count);
  };
  const pick = list => list[below(list.length)];
  const write = depth => Array.from({ length: 1 + below(3) }, () => {
    const item = depth > 0 && below(3) === 0 ? `(${write(depth - 1)})` : pick(['a', 'b', 'B', '.', '[ab]', '[^a]', '\\b', '\\w', '_']);
    return item + (item === '\\b' ? '' : pick(['', '', '', '*', '+', '?', '{2}', '{1,2}', '*?']));
  }).join('') + (depth > 0 && below(3) === 0 ? '|' + write(depth - 1) : '');
  for (let round = 0; round < 2000; round++) {
    const text = pick(['', '^']) + write(2) + pick(['', '$']);
    const known = new RegExp(text, 'i'), pattern = new Pattern(text);
    for (let names = 0; names < 8; names++) {
      const name = Array.from({ length: below(9) }, () => pick(['a', 'b', 'A', '_', ' '])).join('');
      assert.equal(pattern.matches(name), known.test(name), `${text} in "${name}", SEED=${seed}`);
    }
  }
});

// Each would take a browser longer than the world lasts, or far too much memory.
test('no pattern makes the page wait', () => {
  const name = 'a'.repeat(5000) + '!';
  for (const text of ['(a+)+$', '(a|aa)+$', '(a|a)*b', '.*.*.*.*.*b$', '(.*a){20}$', '((a*)*)*b']) {
    const pattern = new Pattern(text);
    assert.equal(pattern.matches(name), false, text);
    assert.ok(pattern.work < 20_000, `${text}: ${pattern.work} steps`);
  }
  for (const text of ['((a{100}){100}){100}', '(((){1000}){1000}){1000}a{501}', '('.repeat(200) + ')'.repeat(200), 'a{1001}']) {
    assert.throws(() => new Pattern(text), PatternError, text);
  }
  assert.ok(new Pattern('((){1000}){1000}').matches('x'));
});

test('what takes too long is given up, and the page says so', () => {
  // Where among the last 200 characters an `a` was is another state each time.
  let random = 1;
  const noise = Array.from({ length: 20_000 }, () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return random >>> 31 ? 'a' : 'b';
  }).join('');
  const view = treeOf([{ stack: `main;${noise}`, value: MB }]).view();
  assert.deepEqual(search(view, 0, 0, '[ab]*a[ab]{200}c'), { found: null, remark: 'not searched: it takes too long' });
});
