// SPDX-License-Identifier: Apache-2.0
//
// The page's data written by hand: a line a stack, in the form that FlameData.swift writes.

import { Tree } from '../../Sources/SiltReport/Flame/page/model/tree.js';

export const MB = 1048576;

// A tree of one kind unless told otherwise. Stacks are { stack: 'main;serve;grow', value, … }, root first; a frame is
// `function@file:line`. `folded` says how many frames at its
// end top folds; `seen` and `deviation` are of what came, or, if the value is negative, of what went; without
// `seen` all of it was. `verdict` is that of diff: 1 grew, -1 shrank, 0 noise.
export function treeOf(stacks, { isDiff = false, ofNothing = 0, kinds = ['inuse_space'] } = {}) {
  const data = {
    name: isDiff ? 'change' : 'heap', about: [], isDiff, names: [], files: [], modules: ['service'], frames: [],
    kinds: kinds.map(name => ({ name, unit: name.endsWith('space') ? 'bytes' : 'count', ofNothing, mayBeFreed: false, notes: [] })),
    parents: [0], nodes: [-1], leaves: [], folded: stacks.map(({ folded = 0 }) => folded), figures: [], sources: {},
  };
  const index = (list, value) => {
    if (!list.includes(value)) list.push(value);
    return list.indexOf(value);
  };
  const frames = [], edges = new Map();
  for (const { stack } of stacks) {
    let node = 0;
    for (const text of stack.split(';')) {
      const [name, place = ''] = text.split('@');
      const [file, line = '0'] = place.split(':');
      if (!frames.includes(text)) {
        frames.push(text);
        data.frames.push(index(data.names, name), index(data.files, file), Number(line), 0);
      }
      const edge = `${node} ${text}`;
      if (!edges.has(edge)) {
        edges.set(edge, data.parents.length);
        data.parents.push(node);
        data.nodes.push(frames.indexOf(text));
      }
      node = edges.get(edge);
    }
    data.leaves.push(node);
  }
  data.figures = kinds.map((_, kind) => {
    const column = () => ({ seen: [], unseen: [], deviation: [] });
    const figures = { came: column(), went: isDiff ? column() : null, more: [], sizes: null, verdicts: [] };
    for (const { value, seen, deviation = 0, more = 0, verdict } of stacks) {
      const amount = Array.isArray(value) ? value[kind] : value;
      const put = (side, there) => {
        const certain = there ? seen ?? Math.abs(amount) : 0;
        side.seen.push(certain);
        side.unseen.push(there ? Math.abs(amount) - certain : 0);
        side.deviation.push(there ? deviation : 0);
      };
      put(figures.came, amount >= 0);
      if (figures.went) put(figures.went, amount < 0);
      figures.more.push(more);
      figures.verdicts.push(verdict ?? (isDiff ? Math.sign(amount) : 0));
    }
    return figures;
  });
  return new Tree(data);
}

// The node of a view that a path of names leads to.
export function nodeOf(view, path) {
  const node = view.nodeAt(path.split(';'), 0);
  if (view.pathTo(node).length !== path.split(';').length) throw new Error(`no frame ${path}`);
  return node;
}
