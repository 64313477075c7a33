// SPDX-License-Identifier: Apache-2.0
//
// Search: a stack matches if any of its functions does, and counts once. No DOM in here.

// What a person typed, as a test of names: a regular expression, or if it is not one, the text itself. Null for no text.
export function matcher(text) {
  if (text === '') return null;
  try {
    const pattern = new RegExp(text, 'i');
    return name => pattern.test(name);
  } catch {
    const plain = text.toLowerCase();
    return name => name.toLowerCase().includes(plain);
  }
}

// By name, whether it matches; and what the matching stacks within `zoom` hold. Null if nothing is searched for.
export function search(view, kind, zoom, text) {
  const matches = matcher(text);
  if (!matches) return null;
  const { tree, tree: { data } } = view;
  const names = data.names.map(matches);
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
  return { names, net, gross };
}
