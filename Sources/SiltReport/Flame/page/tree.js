// SPDX-License-Identifier: Apache-2.0
//
// The page's model: from the tree in the page's data to the view that is drawn, and the sums in it. No DOM in here.

import { Estimates } from './estimates.js';

const NAME = 0, FILE = 1, LINE = 2, MODULE = 3;

// `data` is what FlameData.swift writes. Views and sums are made when they are first asked for, and kept.
export class Tree {
  constructor(data) {
    this.data = data;
    this.leaves = data.kinds.map((kind, index) => Estimates.ofLeaves(data.figures[index], kind.ofNothing));
    this.views = new Map();
  }

  frameField(frame, field) { return this.data.frames[frame * 4 + field]; }
  // The name of a node of the data, which differs from those of a view.
  nodeName(node) { return this.frameField(this.data.nodes[node], NAME); }

  view(invert) {
    let view = this.views.get(invert);
    if (!view) {
      view = new View(this, invert);
      this.views.set(invert, view);
    }
    return view;
  }

  // The kind that counts the same blocks in the other unit; -1 if there is none.
  companion(kind) {
    const { name } = this.data.kinds[kind];
    const other = name.replace(/_(space|objects)$/, (_, unit) => (unit === 'space' ? '_objects' : '_space'));
    return other === name ? -1 : this.data.kinds.findIndex(k => k.name === other);
  }
}

// Stacks merged by function, from the root (callees) or from the leaf (callers). Nodes are numbered so that a parent
// comes before its children; 0 stands for everything.
class View {
  constructor(tree, invert) {
    this.tree = tree;
    this.invert = invert;
    this.parent = [-1];
    this.name = [-1];
    this.module = [-1];
    this.depth = [0];
    // For each leaf of the data, the node where its figures rest.
    this.at = [];
    // From the root: for each node of the data, its node here.
    this.nodeHere = new Int32Array(tree.data.parents.length);
    this.known = new Map();
    this.sumsByKind = new Map();
    const { leaves, nodes, parents } = tree.data;
    if (invert) {
      for (const leaf of leaves) {
        let here = 0;
        for (let node = leaf; node !== 0; node = parents[node]) here = this.child(here, nodes[node]);
        this.at.push(here);
      }
    } else {
      for (let node = 1; node < parents.length; node++) {
        this.nodeHere[node] = this.child(this.nodeHere[parents[node]], nodes[node]);
      }
      for (const leaf of leaves) this.at.push(this.nodeHere[leaf]);
    }
  }

  child(parent, frame) {
    const name = this.tree.frameField(frame, NAME);
    const key = parent * this.tree.data.names.length + name;
    let node = this.known.get(key);
    if (node === undefined) {
      node = this.parent.length;
      this.known.set(key, node);
      this.parent.push(parent);
      this.name.push(name);
      this.module.push(this.tree.frameField(frame, MODULE));
      this.depth.push(this.depth[parent] + 1);
    }
    return node;
  }

  nameOf(node) { return node === 0 ? 'all' : this.tree.data.names[this.name[node]]; }
  moduleOf(node) { return node === 0 ? '' : this.tree.data.modules[this.module[node]]; }

  // What each node holds of a kind, and its children from wide to narrow.
  sums(kind) {
    let sums = this.sumsByKind.get(kind);
    if (!sums) {
      sums = this.sumUp(kind);
      this.sumsByKind.set(kind, sums);
    }
    return sums;
  }

  sumUp(kind) {
    const count = this.parent.length;
    const held = new Estimates(count, this.tree.data.kinds[kind].ofNothing);
    const children = Array.from({ length: count }, () => []);
    this.at.forEach((node, leaf) => held.add(node, this.tree.leaves[kind], leaf));
    for (let node = count - 1; node > 0; node--) {
      held.add(this.parent[node], held, node);
      if (held.gross[node] > 0) children[this.parent[node]].push(node);
    }
    const byWidth = (a, b) => held.gross[b] - held.gross[a] || (this.nameOf(a) < this.nameOf(b) ? -1 : 1);
    for (const list of children) list.sort(byWidth);
    return { held, children };
  }

  // From the outermost node to this one, without the one that stands for everything.
  pathTo(node) {
    const path = [];
    for (; node > 0; node = this.parent[node]) path.unshift(node);
    return path;
  }

  // The node that a path of names leads to, as far as there is one.
  nodeAt(names, kind) {
    const { children } = this.sums(kind);
    let node = 0;
    for (const name of names) {
      const next = children[node].find(child => this.nameOf(child) === name);
      if (next === undefined) break;
      node = next;
    }
    return node;
  }

  // By node: whether it is `top` or below it.
  below(top) {
    const inside = new Uint8Array(this.parent.length);
    inside[top] = 1;
    for (let node = top + 1; node < inside.length; node++) inside[node] = inside[this.parent[node]];
    return inside;
  }

  // Source places of a node, from heavy to light.
  placesOf(node, kind) {
    const { tree, tree: { data } } = this;
    const weights = new Map();
    const inside = this.below(node);
    data.leaves.forEach((leaf, index) => {
      if (!inside[this.at[index]]) return;
      let at = leaf;
      if (this.invert) {
        for (let step = 1; step < this.depth[node]; step++) at = data.parents[at];
      } else {
        while (this.nodeHere[at] !== node) at = data.parents[at];
      }
      const frame = data.nodes[at];
      weights.set(frame, (weights.get(frame) ?? 0) + tree.leaves[kind].gross[index]);
    });
    return [...weights].sort((a, b) => b[1] - a[1]).map(([frame]) => frame)
      .filter(frame => data.files[tree.frameField(frame, FILE)] !== '')
      .map(frame => {
        const line = tree.frameField(frame, LINE);
        return data.files[tree.frameField(frame, FILE)] + (line ? ':' + line : '');
      });
  }
}
