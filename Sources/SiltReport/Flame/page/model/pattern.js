// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions that cannot make the page wait. Those of the browser try one way after another: `(a+)+$` takes longer
// than anybody waits, for one name. These follow all ways at the same time, each character of a name is looked at once, and
// what follows on it is found out once (a DFA that is built as it is needed). The syntax is that of Patterns/Pattern.swift,
// in either case of letters; characters are UTF-16 units. No DOM in here.

// Of counted repetitions, each adds its steps once more.
const MOST_STEPS = 500, MOST_REPETITIONS = 1000, DEEPEST = 100;
// Steps that are followed for what is not known yet, in all: some tenths of a second. Patterns as people type them take a
// hundredth of that.
const MOST_WORK = 1_000_000;
// When there are so many, they are forgotten.
const MOST_STATES = 2000;

// Why a text is no pattern, or one that takes too long, in words.
export class PatternError extends Error {}

const END = -1;
const isWordCode = code => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
const inDigits = code => code >= 48 && code <= 57;
const inSpaces = code => code === 32 || (code >= 9 && code <= 13);

// A set is a test of a character of a name, whose letters are small ones.
function rangeSet(from, to) {
  return code => (code >= from && code <= to)
    || (upper => upper >= from && upper <= to)(String.fromCharCode(code).toUpperCase().charCodeAt(0));
}

const CLASSES = { d: inDigits, s: inSpaces, w: isWordCode };
const CONTROLS = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', e: '\x1b' };
// Each is asked of what stands before and behind; `before` is END at the start.
const PLACES = {
  A: before => before === END, z: (_, behind) => behind === END,
  b: (before, behind) => isWordCode(before) !== isWordCode(behind),
  B: (before, behind) => isWordCode(before) === isWordCode(behind),
};

// From the text of a pattern to a tree of { set }, { place }, { all: in order }, { any: one of }, { part, from, to }.
class PatternReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.depth = 0;
  }

  get next() { return this.text[this.at]; }

  take(expected) {
    if (!this.text.startsWith(expected, this.at)) return false;
    this.at += expected.length;
    return true;
  }

  // What matches a sticky expression here; null: nothing does.
  scan(expression) {
    expression.lastIndex = this.at;
    const match = expression.exec(this.text);
    if (match) this.at += match[0].length;
    return match;
  }

  whole() {
    const tree = this.choice();
    if (this.next !== undefined) throw new PatternError(') closes nothing');
    return tree;
  }

  choice() {
    const any = [this.sequence()];
    while (this.take('|')) any.push(this.sequence());
    return any.length === 1 ? any[0] : { any };
  }

  sequence() {
    const all = [];
    while (this.next !== undefined && this.next !== '|' && this.next !== ')') {
      if (!this.take('(?i)')) all.push(this.repetition(this.item()));
    }
    return { all };
  }

  repetition(part) {
    const count = this.count();
    if (!count) return part;
    // A match is found or not, whether repetitions are greedy or not.
    this.take('?');
    if (this.count()) throw new PatternError('what is repeated already cannot be repeated');
    return { part, from: count[0], to: count[1] };
  }

  count() {
    if (this.take('*')) return [0, Infinity];
    if (this.take('+')) return [1, Infinity];
    if (this.take('?')) return [0, 1];
    // Braces of other kinds stand for themselves.
    const braces = this.scan(/\{(\d+)(,?)(\d*)\}/y);
    if (!braces) return null;
    const from = Number(braces[1]), to = braces[3] ? Number(braces[3]) : braces[2] ? Infinity : from;
    if (from > to) throw new PatternError('the larger number stands first');
    if (from > MOST_REPETITIONS || (to > MOST_REPETITIONS && to !== Infinity)) {
      throw new PatternError(`more than ${MOST_REPETITIONS} repetitions`);
    }
    return [from, to];
  }

  item() {
    const character = this.text[this.at++];
    switch (character) {
      case '(': return this.group();
      case '[': return { set: this.set() };
      case '\\': return this.escape();
      case '.': return { set: code => code !== 10 };
      case '^': return { place: PLACES.A };
      case '$': return { place: PLACES.z };
      case '*': case '+': case '?': throw new PatternError(`there is nothing that ${character} could repeat`);
      default: return { set: rangeSet(character.charCodeAt(0), character.charCodeAt(0)) };
    }
  }

  group() {
    if (this.next === '?' && !this.scan(/\?(?::|i:|P?<\w+>)/y)) {
      throw new PatternError('of what begins with (? only (?:, (?i) and names of groups are understood');
    }
    if (++this.depth > DEEPEST) throw new PatternError('groups are too deeply nested');
    const tree = this.choice();
    if (!this.take(')')) throw new PatternError('( is not closed');
    this.depth--;
    return tree;
  }

  escape() {
    const place = PLACES[this.next];
    if (place) {
      this.at++;
      return { place };
    }
    const known = this.classSet();
    if (known) return { set: known };
    const code = this.escapedCode();
    return { set: rangeSet(code, code) };
  }

  // `\w` and its like, and their opposites.
  classSet() {
    const letter = this.next, known = CLASSES[letter?.toLowerCase()];
    if (!known) return null;
    this.at++;
    return letter === letter.toLowerCase() ? known : code => !known(code);
  }

  escapedCode() {
    const byNumber = this.scan(/[xu]\{([0-9a-f]{1,6})\}|x([0-9a-f]{2})|u([0-9a-f]{4})/iy);
    if (byNumber) return parseInt(byNumber[1] ?? byNumber[2] ?? byNumber[3], 16);
    const character = this.text[this.at++];
    if (character === undefined) throw new PatternError('\\ stands before nothing');
    if (CONTROLS[character]) return CONTROLS[character].charCodeAt(0);
    if (/[0-9a-z]/i.test(character)) throw new PatternError(`\\${character} is not understood`);
    return character.charCodeAt(0);
  }

  // Behind `[`.
  set() {
    const isNegated = this.take('^'), sets = [];
    do {
      if (this.next === undefined) throw new PatternError('[ is not closed');
      const from = this.member();
      if (typeof from === 'function') {
        sets.push(from);
        continue;
      }
      const isRange = this.next === '-' && this.at + 1 < this.text.length && this.text[this.at + 1] !== ']';
      if (isRange) this.at++;
      const to = isRange ? this.member() : from;
      if (typeof to === 'function' || to < from) throw new PatternError('a range ends before it begins');
      sets.push(rangeSet(from, to));
    } while (!this.take(']'));
    return code => sets.some(set => set(code)) !== isNegated;
  }

  // A character's number, or a set.
  member() {
    if (!this.take('\\')) return this.text.charCodeAt(this.at++);
    return this.classSet() ?? this.escapedCode();
  }
}

// A tree as steps, behind each of which the next one follows: { set }, { place }, or { to: those that follow }.
function compilePattern(tree, steps) {
  const add = step => {
    if (steps.length >= MOST_STEPS) throw new PatternError('it is too large, with all its repetitions');
    steps.push(step);
    return step;
  };
  if (tree.set || tree.place) {
    add(tree);
  } else if (tree.all) {
    for (const part of tree.all) compilePattern(part, steps);
  } else if (tree.any) {
    const split = add({ to: [] });
    const ends = tree.any.map(branch => {
      split.to.push(steps.length);
      compilePattern(branch, steps);
      return add({ to: [] });
    });
    for (const end of ends) end.to.push(steps.length);
  } else {
    compileRepetition(tree, steps, add);
  }
}

function compileRepetition({ part, from, to }, steps, add) {
  for (let times = 0; times < from; times++) {
    const before = steps.length;
    compilePattern(part, steps);
    // Nothing, however often it is repeated.
    if (steps.length === before) break;
  }
  const splits = [], start = steps.length;
  for (let times = from; times < (to === Infinity ? from + 1 : to); times++) {
    splits.push(add({ to: [steps.length + 1] }));
    compilePattern(part, steps);
  }
  if (to === Infinity) add({ to: [start] });
  for (const split of splits) split.to.push(steps.length);
}

export class Pattern {
  // Throws PatternError if the text is none.
  constructor(text) {
    this.steps = [];
    compilePattern(new PatternReader(text).whole(), this.steps);
    this.work = 0;
    this.forget();
  }

  forget() {
    this.states = new Map();
    this.start = { waiting: [], before: END, next: new Map() };
  }

  // Whether it matches anywhere in a name. Throws PatternError when that, and all that was asked before, takes too long.
  matches(name) {
    const small = name.toLowerCase();
    let state = this.start;
    for (let index = 0; index <= small.length; index++) {
      const code = index < small.length ? small.charCodeAt(index) : END;
      state = state.next.get(code) ?? this.follow(state, code);
      if (state.isMatch) return true;
    }
    return false;
  }

  // The state that a character leads to: the steps that wait for the one behind it.
  follow(state, code) {
    const waiting = new Set(), seen = new Set(), open = [0, ...state.waiting];
    let isMatch = false;
    while (open.length > 0 && !isMatch) {
      const at = open.pop(), step = this.steps[at];
      if (seen.has(at)) continue;
      seen.add(at);
      if (!step) isMatch = true;
      else if (step.to) open.push(...step.to);
      else if (step.place) step.place(state.before, code) && open.push(at + 1);
      else if (code !== END && step.set(code)) waiting.add(at + 1);
    }
    this.work += seen.size + 1;
    if (this.work > MOST_WORK) throw new PatternError('it takes too long');
    // Of the character before, `\b` asks whether it is of a word.
    const before = isWordCode(code) ? 97 : 32;
    const key = isMatch ? 'match' : `${before} ${[...waiting].sort((a, b) => a - b)}`;
    let next = this.states.get(key);
    if (!next) {
      if (this.states.size >= MOST_STATES) this.forget();
      next = { waiting: [...waiting], before, next: new Map(), isMatch };
      this.states.set(key, next);
    }
    state.next.set(code, next);
    return next;
  }
}
