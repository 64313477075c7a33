// SPDX-License-Identifier: Apache-2.0
//
// The page's model: from the embedded tree to the view that is drawn, and the sums in it. No DOM in here but the
// element that holds the data.

extension FlameScript {
    static let model = #"""
        'use strict';

        const data = JSON.parse(document.getElementById('data').textContent);
        const NAME = 0, FILE = 1, LINE = 2, MODULE = 3;

        function frameField(frame, field) { return data.frames[frame * 4 + field]; }
        function nodeName(node) { return frameField(data.nodes[node], NAME); }

        // ---- Views: stacks merged by function, from the root (callees) or from the leaf (callers).

        // A view's nodes are numbered so that a parent comes before its children; 0 stands for everything.
        // `at` tells for each leaf of the data the node where its figures rest.
        function buildView(invert) {
          const view = { invert, parent: [-1], name: [-1], module: [-1], depth: [0], at: [], nodeView: null };
          const known = new Map();
          function child(of, frame) {
            const name = frameField(frame, NAME);
            const key = of * data.names.length + name;
            let found = known.get(key);
            if (found === undefined) {
              found = view.parent.length;
              known.set(key, found);
              view.parent.push(of);
              view.name.push(name);
              view.module.push(frameField(frame, MODULE));
              view.depth.push(view.depth[of] + 1);
            }
            return found;
          }
          if (invert) {
            for (const leaf of data.leaves) {
              let of = 0;
              for (let node = leaf; node !== 0; node = data.parents[node]) of = child(of, data.nodes[node]);
              view.at.push(of);
            }
          } else {
            const nodeView = new Int32Array(data.parents.length);
            for (let node = 1; node < nodeView.length; node++) {
              nodeView[node] = child(nodeView[data.parents[node]], data.nodes[node]);
            }
            for (const leaf of data.leaves) view.at.push(nodeView[leaf]);
            view.nodeView = nodeView;
          }
          return view;
        }

        // ---- Sums: what each node of a view holds of a kind.

        // `net` is the figure, `gross` the sum of its parts' absolute values (wider than net only in a diff),
        // `variance` that of net. `children` are sorted from wide to narrow.
        function sumUp(view, kind) {
          const count = view.parent.length;
          const sums = {
            net: new Float64Array(count), gross: new Float64Array(count), variance: new Float64Array(count),
            children: Array.from({ length: count }, () => null),
          };
          view.at.forEach((node, leaf) => {
            const value = data.values[kind][leaf];
            sums.net[node] += value;
            sums.gross[node] += Math.abs(value);
            sums.variance[node] += data.errors[kind][leaf] ** 2;
          });
          for (let node = count - 1; node > 0; node--) {
            const parent = view.parent[node];
            for (const column of [sums.net, sums.gross, sums.variance]) column[parent] += column[node];
            if (sums.gross[node] > 0) (sums.children[parent] ??= []).push(node);
          }
          const byWidth = (a, b) =>
            sums.gross[b] - sums.gross[a] || (data.names[view.name[a]] < data.names[view.name[b]] ? -1 : 1);
          for (const list of sums.children) if (list) list.sort(byWidth);
          return sums;
        }

        const views = {};
        function viewFor(invert) { return views[invert] ??= buildView(invert); }
        function sumsFor(view, kind) { return (view.sums ??= {})[kind] ??= sumUp(view, kind); }

        // The kind that counts the same blocks in the other unit; -1 if there is none.
        function companion(kind) {
          const name = data.kinds[kind].name;
          const other = name.replace(/_(space|objects)$/, (_, unit) => unit === 'space' ? '_objects' : '_space');
          return other === name ? -1 : data.kinds.findIndex(k => k.name === other);
        }

        // From the outermost node to this one, without the one that stands for everything.
        function pathTo(view, node) {
          const path = [];
          for (; node > 0; node = view.parent[node]) path.unshift(node);
          return path;
        }

        // By node: whether it is `root` or below it.
        function below(view, root) {
          const inside = new Uint8Array(view.parent.length);
          inside[root] = 1;
          for (let node = root + 1; node < inside.length; node++) inside[node] = inside[view.parent[node]];
          return inside;
        }

        // Source places of a view's node, from heavy to light.
        function placesOf(view, node, kind) {
          const weights = new Map();
          const add = (frame, weight) => weights.set(frame, (weights.get(frame) ?? 0) + Math.abs(weight));
          const inside = below(view, node);
          const steps = view.depth[node];
          data.leaves.forEach((leaf, index) => {
            if (!inside[view.at[index]]) return;
            let at = leaf;
            if (view.invert) {
              for (let step = 1; step < steps; step++) at = data.parents[at];
            } else {
              while (view.nodeView[at] !== node) at = data.parents[at];
            }
            add(data.nodes[at], data.values[kind][index]);
          });
          return [...weights].sort((a, b) => b[1] - a[1]).map(([frame]) => frame)
            .filter(frame => data.files[frameField(frame, FILE)] !== '')
            .map(frame => {
              const line = frameField(frame, LINE);
              return data.files[frameField(frame, FILE)] + (line ? ':' + line : '');
            });
        }

        // ---- Search: a stack matches if any of its functions does, and counts once.

        function matcher(text) {
          if (text === '') return null;
          try {
            const pattern = new RegExp(text, 'i');
            return name => pattern.test(name);
          } catch {
            const plain = text.toLowerCase();
            return name => name.toLowerCase().includes(plain);
          }
        }

        // By name: whether it matches; and what the matching stacks within `zoom` hold.
        function search(view, kind, zoom, text) {
          const matches = matcher(text);
          if (!matches) return null;
          const names = data.names.map(matches);
          const hit = new Uint8Array(data.parents.length);
          for (let node = 1; node < hit.length; node++) {
            hit[node] = hit[data.parents[node]] || names[nodeName(node)] ? 1 : 0;
          }
          const inside = below(view, zoom);
          let net = 0, gross = 0;
          data.leaves.forEach((leaf, index) => {
            if (!hit[leaf] || !inside[view.at[index]]) return;
            net += data.values[kind][index];
            gross += Math.abs(data.values[kind][index]);
          });
          return { names, net, gross };
        }

        // ---- Figures as text, in pprof's way.

        function formatFigure(value, kind) {
          if (value === 0) return '0';
          if (data.kinds[kind].unit !== 'bytes') return Math.round(value).toLocaleString('en-US');
          const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
          let unit = 0;
          while (Math.abs(value) >= 1024 && unit + 1 < units.length) { value /= 1024; unit++; }
          return (unit === 0 ? String(Math.round(value)) : value.toFixed(2).replace(/\.00$/, '')) + units[unit];
        }

        function formatSigned(value, kind) { return (data.isDiff && value > 0 ? '+' : '') + formatFigure(value, kind); }

        function formatShare(part, whole) {
          return part > 0 ? (100 * part / whole).toFixed(part === whole ? 0 : 2) + '%' : '0%';
        }

        // Half the width of the 95 % interval; empty where the figure is exact or its error unknown.
        function formatError(variance, kind) {
          return variance > 0 ? '±' + formatFigure(1.96 * Math.sqrt(variance), kind) : '';
        }

        function isNoise(net, variance) { return variance > 0 && Math.abs(net) <= 1.96 * Math.sqrt(variance); }
        """#
}
