// SPDX-License-Identifier: Apache-2.0
//
// The page's model: from the tree in the page's data to the views that are drawn, and the sums in them. No DOM in here.

import { Estimates } from './estimates.js';
import { unpackPage } from './packed.js';

const NAME = 0, FILE = 1, LINE = 2, MODULE = 3;

// A tree for each picture of a page's data, as FlameData.swift writes it: they share names, frames and nodes.
export function treesOf(page) {
  const { pictures, ...shared } = unpackPage(page);
  return pictures.map(picture => new Tree({ ...shared, ...picture }));
}

// Views and sums are made when they are first asked for, and kept.
export class Tree {
  constructor(data) {
    this.data = data;
    this.leaves = data.kinds.map((kind, index) => Estimates.ofLeaves(data.figures[index], kind.ofNothing));
    this.hasFolded = data.folded.some(count => count > 0);
    this.views = new Map();
  }

  frameField(frame, field) { return this.data.frames[frame * 4 + field]; }
  // The name of a node of the data, which differs from those of a view.
  nodeName(node) { return this.frameField(this.data.nodes[node], NAME); }

  // The node of the data that holds what a leaf does: allocators and runtimes may be folded into their callers.
  holder(leaf, isFolded) {
    const { leaves, folded, parents } = this.data;
    let node = leaves[leaf];
    if (isFolded) for (let count = folded[leaf]; count > 0; count--) node = parents[node];
    return node;
  }

  // `shape`: 'root', all stacks from their roots; 'leaf', from the functions that allocate; 'callers' and 'callees' of
  // the function `name`, a number.
  view(shape = 'root', isFolded = false, name = -1) {
    const key = `${shape} ${isFolded} ${name}`;
    let view = this.views.get(key);
    if (!view) {
      view = new View(this, shape, isFolded, name);
      this.views.set(key, view);
    }
    return view;
  }

  // The kind of a name; if there is none, what is counted of threads, or the last.
  kindNamed(name) {
    const find = wanted => this.data.kinds.findIndex(kind => kind.name === wanted);
    return [find(name), find('threads'), this.data.kinds.length - 1].find(index => index >= 0);
  }

  // The kind that counts the same blocks in the other unit; -1 if there is none.
  companion(kind) {
    const { name } = this.data.kinds[kind];
    const other = name.replace(/_(space|objects)$/, (_, unit) => (unit === 'space' ? '_objects' : '_space'));
    return other === name ? -1 : this.data.kinds.findIndex(k => k.name === other);
  }
}

// Stacks merged by function. Nodes are numbered so that a parent comes before its children; 0 stands for everything.
class View {
  constructor(tree, shape, isFolded, name) {
    this.tree = tree;
    this.shape = shape;
    this.isFolded = isFolded;
    // Whether a step away from node 0 is one towards the roots of stacks.
    this.goesOut = shape === 'leaf' || shape === 'callers';
    this.parent = [-1];
    this.name = [-1];
    this.module = [-1];
    this.depth = [0];
    // For each leaf of the data: the node where its figures rest, -1 if its stack is not in here.
    this.at = [];
    // And the node of the data where its path begins: that of depth 1 if it goes out, else that of `at`.
    this.start = [];
    this.known = new Map();
    this.sumsByKind = new Map();
    const { leaves } = tree.data;
    const isAround = shape === 'callers' || shape === 'callees';
    const here = shape === 'root' ? this.mergeAll() : null;
    for (let leaf = 0; leaf < leaves.length; leaf++) {
      const holder = tree.holder(leaf, isFolded);
      const call = isAround ? this.outermostCall(holder, name) : holder;
      this.start.push(shape === 'callers' ? call : holder);
      if (here) this.at.push(here[holder]);
      else if (call < 0) this.at.push(-1);
      else this.at.push(this.goesOut ? this.mergeOut(call) : this.mergeIn(holder, call));
    }
  }

  // Nodes of the data are numbered as those of a view are.
  mergeAll() {
    const { nodes, parents } = this.tree.data;
    const here = new Int32Array(parents.length);
    for (let node = 1; node < parents.length; node++) here[node] = this.child(here[parents[node]], nodes[node]);
    return here;
  }

  mergeOut(from) {
    const { nodes, parents } = this.tree.data;
    let here = 0;
    for (let node = from; node !== 0; node = parents[node]) here = this.child(here, nodes[node]);
    return here;
  }

  mergeIn(leaf, from) {
    const { nodes, parents } = this.tree.data;
    const path = [];
    for (let node = leaf; node !== from; node = parents[node]) path.push(node);
    return path.reduceRight((here, node) => this.child(here, nodes[node]), this.child(0, nodes[from]));
  }

  // Of a function that calls itself the first call, so that each stack counts once; -1 if there is none.
  outermostCall(leaf, name) {
    const { parents } = this.tree.data;
    let found = -1;
    for (let node = leaf; node !== 0; node = parents[node]) if (this.tree.nodeName(node) === name) found = node;
    return found;
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
    this.at.forEach((node, leaf) => { if (node >= 0) held.add(node, this.tree.leaves[kind], leaf); });
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

  // Source places of a node as { file, line }, from heavy to light; without a file there is none.
  placesOf(node, kind) {
    const { tree, tree: { data } } = this;
    const weights = new Map();
    const inside = this.below(node);
    this.at.forEach((end, leaf) => {
      if (end < 0 || !inside[end]) return;
      let at = this.start[leaf];
      const steps = this.goesOut ? this.depth[node] - 1 : this.depth[end] - this.depth[node];
      for (let step = 0; step < steps; step++) at = data.parents[at];
      const frame = data.nodes[at];
      weights.set(frame, (weights.get(frame) ?? 0) + tree.leaves[kind].gross[leaf]);
    });
    return [...weights].sort((a, b) => b[1] - a[1])
      .map(([frame, weight]) => ({ file: tree.frameField(frame, FILE), line: tree.frameField(frame, LINE), weight }))
      .filter(place => data.files[place.file] !== '');
  }
}
