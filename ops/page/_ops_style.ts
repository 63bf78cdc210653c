/** The style of the operations page, beside that of all pages. */
export const OPS_STYLE = `
body { max-width: 84rem; }
header { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line);
  padding-bottom: 0.5rem; }
header > a { font-weight: 650; text-decoration: none; color: var(--text); }
header > small { margin-left: auto; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; margin: 0; padding: 0; }
nav a { display: inline-block; padding: 0.2rem 0; text-decoration: none; border-bottom: 2px solid transparent; }
nav a:hover { border-color: var(--line); }
nav a[aria-current] { color: var(--text); border-color: var(--link); }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 0.5rem; background: var(--page); padding: 0.5rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
h1 { margin-top: 1rem; font-size: 1.4rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 0.75rem; }
.tile { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; min-width: 0; }
.tile.bad { border-left: 4px solid var(--red); } .tile.warn { border-left: 4px solid var(--amber); }
.tile.good { border-left: 4px solid var(--green); }
.tile h2 { margin: 0; font-size: 0.95rem; }
.tile .big { font-size: 1.7rem; line-height: 1.2; margin: 0.25rem 0; font-variant-numeric: tabular-nums; }
.tile p:not(.big) { margin: 0.15rem 0; color: var(--dim); font-size: 0.9rem; }
.wide { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th { text-align: left; font-weight: 600; color: var(--dim); border-bottom: 1px solid var(--line); }
th, td { padding: 0.35rem 1rem 0.35rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; min-width: 4rem; }
td a.quiet { color: inherit; text-decoration-color: var(--line); }
td a.quiet:hover { text-decoration-color: currentColor; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody tr:hover { background: var(--soft); }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 0.55rem; font-size: 0.8rem;
  line-height: 1.5; white-space: nowrap; }
.badge.good { color: var(--green); } .badge.warn { color: var(--amber); } .badge.bad { color: var(--red); }
.badge.plain { color: var(--dim); }
.note { background: var(--soft); border-left: 4px solid var(--link); border-radius: 0.25rem; padding: 0.5rem 0.75rem; max-width: none; }
.note.bad { border-color: var(--red); } .note.warn { border-color: var(--amber); } .note.good { border-color: var(--green); }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) minmax(0, 1fr); gap: 0.25rem 1.5rem; margin: 0.75rem 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
form { margin: 0.5rem 0; }
form.row { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: end; }
label { display: grid; gap: 0.1rem; font-size: 0.85rem; color: var(--dim); min-width: 0; }
input, select { font-family: inherit; color: var(--text); background: var(--page); border: 1px solid var(--dim); border-radius: 0.3rem;
  padding: 0.3rem 0.5rem; max-width: 100%; min-width: 0; }
input, select, button, a.button { line-height: 1.4; font-size: 0.95rem; }
button, a.button { font-family: inherit; display: inline-block; border: 1px solid var(--link); border-radius: 0.3rem; color: var(--link);
  background: var(--page); padding: 0.3rem 0.8rem; cursor: pointer; text-decoration: none; }
button:hover, a.button:hover { background: var(--soft); }
button.main { background: light-dark(#0b57c2, #2f6fd0); border-color: light-dark(#0b57c2, #2f6fd0); color: #fff; }
button.danger, a.button.danger { border-color: var(--red); color: var(--red); }
td form { margin: 0; display: inline-block; } td button { padding: 0.05rem 0.5rem; font-size: 0.85rem; }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; margin: 0.75rem 0; align-items: center; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 40rem; overflow-y: auto; }
meter, progress { width: 8rem; vertical-align: middle; }
progress { width: min(100%, 30rem); accent-color: var(--link); }
.share { font-variant-numeric: tabular-nums; }
.share:has(~ .share) { display: none; }
.event { border-bottom: 1px solid var(--line); padding: 0.5rem 0; }
.event p { margin: 0.1rem 0; max-width: none; }
summary { cursor: pointer; color: var(--dim); font-size: 0.9rem; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 0.5rem; color: var(--dim); font-size: 0.85rem; }
@media (max-width: 45rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  .wide { overflow: visible; }
  tr { border: 1px solid var(--line); border-radius: 0.4rem; margin: 0.5rem 0; padding: 0.25rem 0.75rem; }
  td { display: flow-root; padding: 0.15rem 0 0.15rem 8.5rem; border: 0; }
  td::before { content: attr(data-title); float: left; width: 8rem; margin-left: -8.5rem; color: var(--dim); }
  .number { text-align: left; white-space: normal; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: 0.4rem; }
  form.row { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); align-items: end; }
  form.row > p, form.row > a { grid-column: 1 / -1; } header > small { margin-left: 0; }
}
`;
