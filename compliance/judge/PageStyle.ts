/** How the page looks, in light and in dark. */
export const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 15%, transparent);
  --quiet: color-mix(in srgb, currentColor 60%, transparent);
  --ok: #1a7f37; --info: #0969da; --soft: #9a6700; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --info: #58a6ff; --soft: #d29922; --bad: #f85149; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { font-size: 1.6rem; font-weight: 600; margin: 0; }
h1 em { font-style: normal; color: var(--info); }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
h2 small { font-size: .8rem; font-weight: 400; margin-left: .5rem; }
.score { font-size: 1.4rem; margin: .5rem 0; }
.score strong { font-size: 2.2rem; font-variant-numeric: tabular-nums; }
.quiet { color: var(--quiet); font-size: .9rem; }
nav { display: flex; flex-wrap: wrap; gap: .35rem .8rem; font-size: .9rem; }
nav a { text-decoration: none; border-bottom: 1px solid var(--line); }
a.ok { color: var(--ok); } a.bad { color: var(--bad); }
mark { background: none; border: 1px solid; border-radius: .3rem; padding: 0 .35rem; font-size: .78rem;
  white-space: nowrap; }
mark.ok { color: var(--ok); } mark.info { color: var(--info); } mark.soft { color: var(--soft); }
mark.bad { color: var(--bad); font-weight: 600; }
details { border-top: 1px solid var(--line); }
summary { display: grid; grid-template-columns: 5rem 1fr auto; gap: .75rem; padding: .25rem 0; cursor: pointer;
  align-items: baseline; list-style: none; }
summary:hover { background: var(--line); }
summary b { font-variant-numeric: tabular-nums; font-weight: 500; }
summary span { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .2rem .75rem; margin: .5rem 0 .5rem 5.75rem; font-size: .9rem; }
dt { color: var(--quiet); } dd { margin: 0; }
pre { font: 12px/1.5 ui-monospace, monospace; margin: 0 0 1rem 5.75rem; padding: .75rem; overflow-x: auto;
  border: 1px solid var(--line); border-radius: .4rem; }
pre i { font-style: normal; color: var(--quiet); }
@media (max-width: 40rem) { dl, pre { margin-left: 0; } dl { grid-template-columns: 1fr; } }
`
