/** The style of the page of documentation: one column on a phone, two beside it, light and dark. */
export const DOCS_STYLE = `
html { scroll-padding-top: 1rem; }
body { max-width: 76rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; }
.links a { margin-right: 1rem; }
nav { border-block: 1px solid var(--line); margin-top: 0.5rem; }
nav ul { list-style: none; margin: 0.5rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.15rem 1.25rem; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
@media (min-width: 60rem) {
  body { grid-template-columns: 13rem minmax(0, 1fr); }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow: auto;
    border: 0; margin-top: 1.75rem; }
  nav ul { display: block; }
  nav li { padding: 0.15rem 0; }
}
details { border: 1px solid var(--line); border-radius: 0.4rem; margin: 0.5rem 0; }
details > div { padding: 0 0.75rem 0.75rem; overflow-wrap: anywhere; }
details:has(> :target) { outline: 2px solid var(--link); }
summary { cursor: pointer; padding: 0.5rem 0.75rem; overflow-wrap: anywhere; }
summary:hover { background: var(--soft); }
summary span { color: var(--dim); margin-left: 1rem; }
summary em { color: var(--amber); margin-left: 0.75rem; font-size: 0.85rem; }
pre i { font-style: normal; color: light-dark(#8a3b00, #f0b27a); }
b { display: inline-block; min-width: 4rem; font-size: 0.8rem; text-transform: uppercase; letter-spacing: 0.03em; }
b.get, b.receive { color: var(--green); } b.post, b.send { color: var(--link); }
b.put, b.patch { color: var(--amber); } b.delete { color: var(--red); }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td { border-top: 1px solid var(--line); padding: 0.3rem 1rem 0.3rem 0; vertical-align: top; }
tr:first-child td { border-top: 0; }
td:not(:last-child) { white-space: nowrap; overflow-wrap: normal; }
td:nth-child(2) { color: var(--dim); }
@media (max-width: 60rem) {
  summary span { display: block; margin-left: 0; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
dl { display: grid; grid-template-columns: 3rem minmax(0, 1fr); margin: 0; gap: 0.4rem 0; }
dd { margin: 0; min-width: 0; }
dt { font-variant-numeric: tabular-nums; font-weight: 600; }
dt.error { color: var(--red); } dt.success { color: var(--green); }
`;
