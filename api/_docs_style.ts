/** The style of the page of documentation: one column on a phone, two beside it, light and dark. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dce2, #343a44); --soft: light-dark(#f5f6f8, #1b1f26);
  --text: light-dark(#1c2027, #e4e7ec); --dim: light-dark(#5c6470, #a0a8b4); --link: light-dark(#0b57c2, #8ab8ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text);
  background: light-dark(#fff, #12151a); display: grid; gap: 0 2rem; }
@media (min-width: 60rem) {
  body { grid-template-columns: 13rem minmax(0, 1fr); }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 1rem; align-self: start; max-height: 90vh; overflow: auto; }
}
h1 { margin: 0.5rem 0; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 0.75rem; font-size: 1.2rem; overflow-wrap: anywhere; }
h3 { margin: 1rem 0 0.25rem; font-size: 0.95rem; }
p { margin: 0.5rem 0; max-width: 44rem; overflow-wrap: anywhere; }
a { color: var(--link); }
.links a { margin-right: 1rem; }
small { color: var(--dim); font-size: 0.85em; font-weight: normal; }
nav ul { list-style: none; margin: 1rem 0; padding: 0; }
nav li { padding: 0.15rem 0; }
details { border: 1px solid var(--line); border-radius: 0.4rem; margin: 0.5rem 0; padding: 0 0.75rem; }
details[open] { padding-bottom: 0.75rem; }
details:target { outline: 2px solid var(--link); }
summary { cursor: pointer; padding: 0.5rem 0; overflow-wrap: anywhere; }
summary span { display: block; color: var(--dim); }
code, pre { font-family: ui-monospace, "Cascadia Code", Consolas, monospace; font-size: 0.88rem; }
pre { background: var(--soft); border-radius: 0.3rem; margin: 0.35rem 0; overflow-x: auto; padding: 0.6rem 0.75rem; }
pre i { font-style: normal; color: light-dark(#8a3b00, #f0b27a); }
b { display: inline-block; min-width: 4rem; font-size: 0.8rem; text-transform: uppercase; }
b.get { color: light-dark(#1a6b3c, #6fd59a); } b.post { color: light-dark(#0b57c2, #8ab8ff); }
b.put, b.patch { color: light-dark(#8a5a00, #f2c265); } b.delete { color: light-dark(#b01f24, #ff9a96); }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td { border-top: 1px solid var(--line); padding: 0.3rem 0.75rem 0.3rem 0; vertical-align: top; }
dl { display: grid; grid-template-columns: 3.5rem minmax(0, 1fr); margin: 0; gap: 0.3rem 0; }
dd { margin: 0; min-width: 0; }
dt { font-variant-numeric: tabular-nums; font-weight: 600; }
dt.error { color: light-dark(#b01f24, #ff9a96); } dt.success { color: light-dark(#1a6b3c, #6fd59a); }
`;
