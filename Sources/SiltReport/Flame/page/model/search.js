// SPDX-License-Identifier: Apache-2.0
//
// Search: a stack matches if any of its functions does, and counts once. No DOM in here.

import { Pattern, PatternError } from './pattern.js';

// Whether a name has a text in it as the page writes it, in either case: `…` stands for what was left out.
function plainMatcher(text) {
  const parts = text.toLowerCase().split('…').filter(Boolean);
  return name => {
    const lower = name.toLowerCase();
    let from = 0;
    return parts.length > 0 && parts.every(part => {
      const at = lower.indexOf(part, from);
      from = at + part.length;
      return at >= 0;
    });
  };
}

// What a person typed, as a test of names: a regular expression, or the text itself, so that each name finds itself, whatever
// it means as a pattern. If it is no pattern, in words why. Null for no text.
export function matcher(text) {
  if (text === '') return null;
  const hasText = plainMatcher(text);
  try {
    const pattern = new Pattern(text);
    return { matches: name => hasText(name) || pattern.matches(name), remark: '' };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { matches: hasText, remark: `as text, since ${error.message}` };
  }
}

// What is found, null if nothing is searched for or it takes too long, and a remark: { found: { names, net, gross }, remark }.
// `names`: by name, whether it matches; the figures are what the matching stacks within `zoom` hold.
export function search(view, kind, zoom, text) {
  const wanted = matcher(text);
  if (!wanted) return { found: null, remark: '' };
  const { tree, tree: { data } } = view;
  let names;
  try {
    names = data.names.map(wanted.matches);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { found: null, remark: `not searched: ${error.message}` };
  }
  const hit = new Uint8Array(data.parents.length);
  for (let node = 1; node < hit.length; node++) {
    hit[node] = hit[data.parents[node]] || names[tree.nodeName(node)] ? 1 : 0;
  }
  const inside = view.below(zoom);
  let net = 0, gross = 0;
  data.leaves.forEach((_, leaf) => {
    if (view.at[leaf] < 0 || !inside[view.at[leaf]] || !hit[tree.holder(leaf, view.isFolded)]) return;
    net += tree.leaves[kind].net(leaf);
    gross += tree.leaves[kind].gross[leaf];
  });
  return { found: { names, net, gross }, remark: wanted.remark };
}
