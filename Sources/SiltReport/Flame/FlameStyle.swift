// SPDX-License-Identifier: Apache-2.0
//
// How the flame graph's page looks, in light and dark. The colours of frames are the script's.

let flameStyle = """
    :root {
      --back: #ffffff; --panel: #f4f5f7; --text: #16191d; --quiet: #4d5661; --line: #c8ced6; --accent: #0b57a4;
      --grew: hsl(8 85% 76%); --shrank: hsl(212 80% 78%); --mixed: hsl(220 8% 86%);
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --back: #14171a; --panel: #1e2226; --text: #eef1f4; --quiet: #b3bcc6; --line: #3d454d; --accent: #8ec5ff;
        --grew: hsl(8 55% 36%); --shrank: hsl(212 50% 36%); --mixed: hsl(220 6% 32%);
      }
    }
    * { box-sizing: border-box; }
    html, body { height: 100%; margin: 0; }
    body { display: flex; flex-direction: column; background: var(--back); color: var(--text);
      font: 14px/1.45 system-ui, sans-serif; }
    header { padding: 10px 16px 8px; border-bottom: 1px solid var(--line); }
    h1 { display: inline; margin: 0 12px 0 0; font-size: 18px; }
    #about { display: inline; color: var(--quiet); }
    #controls, #legend { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; margin-top: 8px; }
    button, select, input { font: inherit; color: var(--text); background: var(--panel); border: 1px solid var(--line);
      border-radius: 4px; padding: 3px 9px; }
    button:disabled { color: var(--quiet); border-style: dashed; }
    button[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
    button:focus-visible, select:focus-visible, input:focus-visible, canvas:focus-visible, tr:focus-visible {
      outline: 2px solid var(--accent); outline-offset: 1px; }
    #search { width: 17em; }
    #matched { min-width: 6em; font-variant-numeric: tabular-nums; }
    .swatch { width: 1.6em; height: 1em; border: 1px solid var(--line); margin-right: -8px; }
    .grew { background: var(--grew); } .shrank { background: var(--shrank); } .mixed { background: var(--mixed); }
    main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) minmax(300px, 36%); }
    section { display: flex; flex-direction: column; min-height: 0; min-width: 0; }
    #scroll { flex: 1; min-height: 160px; overflow: hidden auto; margin: 8px 0 0 16px; }
    canvas { position: sticky; top: 0; display: block; }
    #help, #more { margin: 4px 16px; color: var(--quiet); font-size: 12px; }
    #notes { margin: 0 16px 8px; padding-left: 1.2em; max-height: 7em; overflow: auto; }
    #notes:empty { display: none; }
    #beside { overflow: auto; border-left: 1px solid var(--line); margin-left: 12px; }
    table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
    caption { text-align: left; padding: 8px 8px 4px; color: var(--quiet); }
    th { position: sticky; top: 0; background: var(--panel); text-align: right; padding: 3px 8px; font-weight: 600; }
    td { text-align: right; padding: 2px 8px; white-space: nowrap; vertical-align: top; }
    th:last-child, td:last-child { text-align: left; width: 99%; }
    tbody tr { cursor: pointer; border-top: 1px solid var(--line); }
    tbody tr:hover { background: var(--panel); }
    #tip { position: fixed; max-width: min(44em, 90vw); padding: 6px 10px; background: var(--panel); color: var(--text);
      border: 1px solid var(--line); border-radius: 4px; box-shadow: 0 2px 10px rgb(0 0 0 / .25); pointer-events: none;
      font-size: 13px; white-space: pre-line; overflow-wrap: anywhere; }
    #tip b { display: block; }
    [hidden] { display: none !important; }
    @media (max-width: 900px) {
      html, body { height: auto; }
      main { display: block; }
      #scroll { height: 60vh; margin-right: 16px; }
      #beside { margin: 0; border-left: 0; }
    }
    """
