// SPDX-License-Identifier: Apache-2.0
//
// The page's state and what changes it: mouse, keyboard, controls and the address's fragment. Whatever changes
// it ends in `show`, which draws all from the state.

extension FlameScript {
    static let controls = #"""
        // ---- State. All of it stands in the address, so that a view can be sent to somebody.

        const element = id => document.getElementById(id);
        const state = { kind: data.kind, invert: false, search: '', zoom: 0, focus: null };
        let view, sums, boxes = [], found = null;

        function readAddress() {
          const fields = new Map(location.hash.slice(1).split('&').map(part => {
            const cut = part.indexOf('=');
            return [part.slice(0, cut), part.slice(cut + 1)];
          }));
          const kind = data.kinds.findIndex(k => k.name === decode(fields.get('kind') ?? ''));
          state.kind = kind < 0 ? data.kind : kind;
          state.invert = fields.get('invert') === '1';
          state.search = decode(fields.get('search') ?? '');
          state.zoom = 0;
          const target = viewFor(state.invert);
          const children = sumsFor(target, state.kind).children;
          for (const name of (fields.get('zoom') ?? '').split(';').map(decode)) {
            const next = (children[state.zoom] ?? []).find(child => data.names[target.name[child]] === name);
            if (next === undefined) break;
            state.zoom = next;
          }
        }

        function nameOf(node) { return node === 0 ? 'all' : data.names[view.name[node]]; }

        function decode(text) {
          try { return decodeURIComponent(text); } catch { return text; }
        }

        function writeAddress() {
          const fields = [];
          if (state.kind !== data.kind) fields.push('kind=' + encodeURIComponent(data.kinds[state.kind].name));
          if (state.invert) fields.push('invert=1');
          if (state.search) fields.push('search=' + encodeURIComponent(state.search));
          if (state.zoom) {
            const names = pathTo(view, state.zoom).map(node => encodeURIComponent(nameOf(node)));
            fields.push('zoom=' + names.join(';'));
          }
          const address = fields.length ? '#' + fields.join('&') : location.pathname + location.search;
          history.replaceState(null, '', address);
        }

        function change(changes) {
          // A frame of one view is none of the other.
          if ('invert' in changes || 'kind' in changes) Object.assign(state, { zoom: 0, focus: null });
          Object.assign(state, changes);
          show();
          writeAddress();
        }

        // ---- Showing.

        function show() {
          view = viewFor(state.invert);
          sums = sumsFor(view, state.kind);
          found = search(view, state.kind, state.zoom, state.search);
          element('kind').value = String(state.kind);
          element('invert').setAttribute('aria-pressed', String(state.invert));
          if (element('search').value !== state.search) element('search').value = state.search;
          element('reset').disabled = state.zoom === 0 && !state.search;
          const { gross, net } = found ?? {};
          element('matched').textContent = found
            ? `${formatShare(gross, sums.gross[state.zoom])} matched: ${formatSigned(net, state.kind)}` : '';
          showTable(view, sums, state.kind, state.zoom, found);
          arrange();
        }

        function arrange() {
          boxes = layout(view, sums, state.zoom, element('scroll').clientWidth);
          const rows = boxes.reduce((most, box) => Math.max(most, box.row + 1), 1);
          element('space').style.height = Math.max(rows * ROW, element('scroll').clientHeight) + 'px';
          const where = state.zoom === 0 ? '' : `, zoomed to ${nameOf(state.zoom)}`;
          const held = formatSigned(sums.net[state.zoom], state.kind);
          element('graph').setAttribute('aria-label', `Flame graph of ${data.kinds[state.kind].name}${where}: `
            + `${held} in ${view.parent.length - 1} frames, ${boxes.length} drawn`);
          repaint();
        }

        function repaint() {
          draw(element('graph'), element('scroll'), view, sums, boxes, found, state.focus);
        }

        // ---- The tip: what is known of the frame under the pointer or the keyboard's focus.

        function figureOf(node, kind) {
          const { net, variance } = sumsFor(view, kind);
          return `${data.kinds[kind].name}: ${formatSigned(net[node], kind)} ${formatError(variance[node], kind)}`;
        }

        function describe(box) {
          const lines = [];
          if (box.rest) {
            const gross = box.rest.reduce((sum, node) => sum + sums.gross[node], 0);
            return [`${box.rest.length} smaller frames`, formatFigure(gross, state.kind)];
          }
          const node = box.node;
          lines.push(nameOf(node));
          const share = formatShare(sums.gross[node], sums.gross[0]);
          lines.push(`${figureOf(node, state.kind)} (${share}${data.isDiff ? ' of all change' : ''})`);
          if (data.isDiff && isNoise(sums.net[node], sums.variance[node])) {
            lines.push('Within sampling noise: neither growth nor shrinkage can be told.');
          }
          const other = companion(state.kind);
          if (other >= 0) lines.push(figureOf(node, other));
          if (node > 0) {
            const places = placesOf(view, node, state.kind);
            lines.push(...places.slice(0, 4));
            if (places.length > 4) lines.push(`and ${places.length - 4} more lines`);
            const module = data.modules[view.module[node]];
            if (module) lines.push(module);
          }
          return lines;
        }

        function showTip(box, x, y) {
          const tip = element('tip');
          tip.hidden = !box;
          if (!box) return;
          const [title, ...lines] = describe(box);
          const head = document.createElement('b');
          head.textContent = title;
          tip.replaceChildren(head, lines.join('\n'));
          const { width, height } = tip.getBoundingClientRect();
          tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 8)) + 'px';
          tip.style.top = Math.max(4, y + 18 + height > innerHeight ? y - height - 10 : y + 18) + 'px';
        }

        function showTipAtFocus() {
          const area = element('graph').getBoundingClientRect();
          if (!state.focus) return showTip(null);
          const bottom = area.top + (state.focus.row + 1) * ROW - element('scroll').scrollTop;
          showTip(state.focus, area.left + state.focus.x, bottom - 12);
        }

        // ---- Mouse.

        function boxAt(event) {
          const area = element('graph').getBoundingClientRect();
          const x = event.clientX - area.left;
          const row = Math.floor((event.clientY - area.top + element('scroll').scrollTop) / ROW);
          return boxes.find(box => box.row === row && x >= box.x && x < box.x + box.width) ?? null;
        }

        function zoomTo(box) {
          // The narrow ones that share a box get the width of their parent.
          if (box) change({ zoom: box.node, focus: null });
        }

        element('graph').addEventListener('pointermove', event => showTip(boxAt(event), event.clientX, event.clientY));
        element('graph').addEventListener('pointerleave', () => showTip(null));
        element('graph').addEventListener('click', event => zoomTo(boxAt(event)));

        // ---- Keyboard.

        function focusOn(box) {
          if (!box) return;
          state.focus = box;
          const scroll = element('scroll'), top = box.row * ROW;
          if (top < scroll.scrollTop) scroll.scrollTop = top;
          if (top + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + ROW - scroll.clientHeight;
          repaint();
          showTipAtFocus();
        }

        // The neighbour of the focused box; without one, the zoomed frame is where walking starts.
        function neighbour(key) {
          const at = state.focus;
          if (!at) return boxes.find(box => box.node === state.zoom && !box.rest);
          const inRow = row => boxes.filter(box => box.row === row).sort((a, b) => a.x - b.x);
          const parent = box => (box.rest ? box.node : view.parent[box.node]);
          if (key === 'ArrowDown') return inRow(at.row + 1).find(box => !at.rest && parent(box) === at.node);
          if (key === 'ArrowUp') return boxes.find(box => !box.rest && box.node === parent(at));
          const row = inRow(at.row);
          return row[row.indexOf(at) + (key === 'ArrowRight' ? 1 : -1)];
        }

        element('graph').addEventListener('keydown', event => {
          if (event.key.startsWith('Arrow')) {
            focusOn(neighbour(event.key));
          } else if (event.key === 'Enter' && state.focus) {
            zoomTo(state.focus);
            focusOn(boxes.find(box => box.node === state.zoom && !box.rest));
          } else {
            return;
          }
          event.preventDefault();
        });

        document.addEventListener('keydown', event => {
          if (event.key === 'Escape') {
            change({ zoom: 0, search: '', focus: null });
            showTip(null);
            element('graph').focus();
          } else if (event.key === '/' && event.target !== element('search')) {
            event.preventDefault();
            element('search').select();
            element('search').focus();
          }
        });

        // ---- Controls.

        element('search').addEventListener('input', event => change({ search: event.target.value }));
        element('kind').addEventListener('change', event => change({ kind: Number(event.target.value) }));
        element('invert').addEventListener('click', () => change({ invert: !state.invert }));
        element('reset').addEventListener('click', () => change({ zoom: 0, search: '', focus: null }));

        // A row of the table searches for its function, in the table's own words.
        function searchRow(event) {
          const row = event.target.closest('tr');
          if (row) change({ search: '^' + row.dataset.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + '$' });
        }
        element('rows').addEventListener('click', searchRow);
        element('rows').addEventListener('keydown', event => { if (event.key === 'Enter') searchRow(event); });

        addEventListener('hashchange', () => { readAddress(); show(); });
        addEventListener('resize', () => arrange());
        element('scroll').addEventListener('scroll', () => { repaint(); showTip(null); });
        darkScheme.addEventListener('change', () => repaint());

        // ---- Start.

        const kindLabels = {
          inuse_space: 'in use, bytes', inuse_objects: 'in use, objects',
          alloc_space: 'allocated, bytes', alloc_objects: 'allocated, objects',
        };
        element('title').textContent = data.title;
        element('about').textContent = data.about.join(' · ');
        element('legend').hidden = !data.isDiff;
        element('notes').append(...data.notes.map(note => {
          const item = document.createElement('li');
          item.textContent = note;
          return item;
        }));
        element('kind').append(...data.kinds.map(
          (kind, index) => new Option(kindLabels[kind.name] ?? kind.name, String(index))));
        readAddress();
        show();
        """#
}
