/** The style that the pages of this package share: colours, light and dark, and text. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dce2, #343a44); --soft: light-dark(#f5f6f8, #1b1f26);
  --text: light-dark(#1c2027, #e4e7ec); --dim: light-dark(#5c6470, #a0a8b4); --link: light-dark(#0b57c2, #8ab8ff);
  --page: light-dark(#fff, #12151a);
  --green: light-dark(#1a6b3c, #6fd59a); --red: light-dark(#b01f24, #ff9a96); --amber: light-dark(#8a5a00, #f2c265); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--page); }
h1 { margin: 0.5rem 0; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 0.75rem; font-size: 1.2rem; overflow-wrap: anywhere; }
h3 { margin: 1.25rem 0 0.35rem; font-size: 0.95rem; }
p { margin: 0.5rem 0; max-width: 44rem; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: 0.2em; }
small { color: var(--dim); font-size: 0.85em; font-weight: normal; }
code, pre { font-family: ui-monospace, "Cascadia Code", "DejaVu Sans Mono", Consolas, monospace; font-size: 0.88rem; }
p code, dd > code, li code { background: var(--soft); border-radius: 0.25rem; padding: 0.1rem 0.3rem; }
pre { background: var(--soft); border-radius: 0.3rem; margin: 0.35rem 0; overflow-x: auto; padding: 0.6rem 0.75rem; }
`;
