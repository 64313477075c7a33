// SPDX-License-Identifier: Apache-2.0
//
// The table beside the graph: the same figures by function, for those who would rather read. It follows zoom,
// search and kind.

extension FlameScript {
    static let table = #"""
        // ---- Table: flat and cum of each function within the zoomed frame; cum counts a stack once.

        const MOST_ROWS = 300;

        function tabulate(view, kind, zoom) {
          const count = data.names.length;
          const flat = new Float64Array(count), cum = new Float64Array(count), variance = new Float64Array(count);
          const seen = new Int32Array(count).fill(-1);
          const inside = below(view, zoom);
          data.leaves.forEach((leaf, index) => {
            const value = data.values[kind][index];
            if (!inside[view.at[index]] || leaf === 0) return;
            flat[nodeName(leaf)] += value;
            for (let node = leaf; node !== 0; node = data.parents[node]) {
              const name = nodeName(node);
              if (seen[name] === index) continue;
              seen[name] = index;
              cum[name] += value;
              variance[name] += data.errors[kind][index] ** 2;
            }
          });
          const rows = [];
          for (let name = 0; name < count; name++) {
            if (!flat[name] && !cum[name]) continue;
            rows.push({ name, flat: flat[name], cum: cum[name], variance: variance[name] });
          }
          return rows.sort((a, b) => Math.abs(b.flat) - Math.abs(a.flat) || Math.abs(b.cum) - Math.abs(a.cum)
            || (data.names[a.name] < data.names[b.name] ? -1 : 1));
        }

        function showTable(view, sums, kind, zoom, found) {
          const all = tabulate(view, kind, zoom);
          const rows = found ? all.filter(row => found.names[row.name]) : all;
          const body = document.getElementById('rows');
          body.replaceChildren(...rows.slice(0, MOST_ROWS).map(row => {
            const line = document.createElement('tr');
            line.tabIndex = 0;
            line.dataset.name = data.names[row.name];
            line.append(...[
              formatSigned(row.flat, kind), formatSigned(row.cum, kind), formatError(row.variance, kind),
              formatShare(Math.abs(row.cum), sums.gross[zoom]), data.names[row.name],
            ].map(text => {
              const cell = document.createElement('td');
              cell.textContent = text;
              return cell;
            }));
            return line;
          }));
          const where = zoom === 0 ? '' : ' in ' + data.names[view.name[zoom]];
          document.getElementById('caption').textContent =
            `${data.kinds[kind].name}${where}: ${formatSigned(sums.net[zoom], kind)} `
            + formatError(sums.variance[zoom], kind);
          document.getElementById('more').textContent =
            rows.length > MOST_ROWS ? `${rows.length - MOST_ROWS} more; a search narrows the table.` : '';
        }
        """#
}
