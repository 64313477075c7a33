// SPDX-License-Identifier: Apache-2.0
//
// Names in little room. A C++ name of a thousand characters is shortened where it tells least: the arguments of its
// templates, those of its functions, its outer namespaces, and only then its middle. No DOM in here.

// `text` in at most `most` characters.
export function shortName(text, most) {
  if (text.length <= most) return text;
  if (most < 8) return text.slice(0, Math.max(0, most - 1)) + '…';
  for (const [open, close] of ['<>', '()']) {
    const { deepest, without } = nested(text, open, close);
    for (let depth = deepest; depth > 0; depth--) {
      const shorter = without(depth);
      if (shorter.length <= most) return shorter;
      if (depth === 1) text = shorter;
    }
  }
  for (let at = text.indexOf('::'); at >= 0; at = text.indexOf('::', at + 2)) {
    const inner = '…' + text.slice(at + 2);
    if (inner.length <= most && inner.length > 6) return inner;
  }
  return cut(text, most);
}

// Its beginning and more of its end, which has the function's own name.
function cut(text, most) {
  const head = Math.floor((most - 1) / 3);
  return text.slice(0, head) + '…' + text.slice(text.length - (most - 1 - head));
}

const OPERATOR = /operator(<=>|<<=?|>>=?|<=?|>=?|->\*?|\(\))/y;

// How deep brackets are nested in a text, and the text with `…` for what is within those of a depth. `->` and the
// names of operators open and close nothing; where brackets do not match, nothing is known.
function nested(text, open, close) {
  const groups = [], opened = [];
  let deepest = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === 'o') {
      OPERATOR.lastIndex = index;
      index += OPERATOR.exec(text)?.[0].length ?? 0;
    }
    if (text[index] === open) {
      deepest = Math.max(deepest, opened.push(index));
    } else if (text[index] === close && text[index - 1] !== '-') {
      const from = opened.pop();
      if (from === undefined) return { deepest: 0, without: () => text };
      if (index > from + 1) groups.push({ from, to: index, depth: opened.length + 1 });
    }
  }
  if (opened.length > 0) return { deepest: 0, without: () => text };
  const without = limit => {
    let result = '', done = 0;
    for (const { from, to } of groups.filter(group => group.depth === limit).sort((a, b) => a.from - b.from)) {
      result += text.slice(done, from + 1) + '…';
      done = to;
    }
    return result + text.slice(done);
  };
  return { deepest, without };
}
