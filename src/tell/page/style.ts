/** The page's style. Colours come in pairs for light and dark; each state has a sign and a word as well. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: #f3f5f8; --card: #ffffff; --ink: #17202c; --dim: #566273; --line: #d7dde6; --pipe: #6ea8d8;
  --good: #0a6b4d; --note: #1d5aa0; --warn: #8a5600; --bad: #b01f17; --unknown: #6a45a8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0e131a; --card: #171f2a; --ink: #e8edf4; --dim: #9ba8b8; --line: #2b3644; --pipe: #3f7fb5;
    --good: #63cfa6; --note: #86bcff; --warn: #f2b84f; --bad: #ff8f7c; --unknown: #c8adff;
  }
}
* { box-sizing: border-box; }
html { font-size: clamp(15px, 0.35vw + 11.5px, 26px); -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 1rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 96rem; margin: 0 auto; padding: 0.75rem clamp(0.75rem, 2vw, 2rem) 2rem; }
main.old { opacity: 0.5; }
h1, h2, h3, h4, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
a { color: inherit; }
code { font: 0.92em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.dim { color: var(--dim); }
.strong { font-weight: 700; }
.nowrap { white-space: nowrap; }
.phone { display: none; }
.sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.good { --tone: var(--good); } .note { --tone: var(--note); } .warn { --tone: var(--warn); } .bad { --tone: var(--bad); } .unknown { --tone: var(--unknown); }
.sign, span.unknown { color: var(--tone); font-weight: 700; }

#lost { position: sticky; top: 0; z-index: 1; margin: 0; padding: 0.7rem 1rem; background: #b01f17; color: #fff; font-weight: 700; text-align: center; }
.top { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1.25rem; padding-bottom: 0.5rem; }
.top h1 { font-size: 1.15rem; letter-spacing: 0.02em; }
.top nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
.top .when { margin-left: auto; }
.when time { font-weight: 600; }

.pool { scroll-margin-top: 1rem; }
.pool + .pool { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 2px solid var(--line); }
.poolhead { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1.5rem; }
.poolhead h2 { font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
.chips { display: flex; flex-wrap: wrap; gap: 0.15rem 1.25rem; }
.chips div { display: flex; gap: 0.4rem; align-items: baseline; }
.chips dt { color: var(--dim); }
.chips dd { font-weight: 600; overflow-wrap: anywhere; }

.headline { display: flex; gap: 0.7rem; margin: 0.6rem 0 0; padding: 0.75rem 1rem; border-radius: 0.5rem; border: 1px solid color-mix(in srgb, var(--tone) 45%, transparent); border-left: 0.45rem solid var(--tone); background: color-mix(in srgb, var(--tone) 10%, var(--card)); font-size: 1.3rem; line-height: 1.35; font-weight: 600; overflow-wrap: anywhere; }
.troubles { margin: 0.6rem 0; }
.troubles li { display: flex; gap: 0.5rem; padding: 0.15rem 0; overflow-wrap: anywhere; }
.block { margin-top: 1.25rem; min-width: 0; overflow-x: auto; }
.block h3 { margin-bottom: 0.4rem; font-size: 0.82rem; letter-spacing: 0.08em; text-transform: uppercase; color: var(--dim); }
.empty { color: var(--dim); }
.pair { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 3fr); gap: 0 1.5rem; }
.foot { margin-top: 1rem; font-size: 0.85rem; }

.badge { display: inline-block; color: var(--tone); font-weight: 600; overflow-wrap: anywhere; }
.row { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 0.75rem; }
.box { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.6rem 0.8rem; min-width: 0; overflow-wrap: anywhere; }
.box h4 { font-size: 0.95rem; margin-bottom: 0.2rem; }
.box.member { border-left: 0.3rem solid var(--tone); }
.box .name { font-size: 1.1rem; }

.flow { display: grid; grid-template-columns: minmax(7rem, auto) minmax(5.5rem, 0.7fr) minmax(10rem, auto) minmax(24rem, 5fr) minmax(9rem, 13rem); align-items: stretch; }
.flow .ends { align-self: stretch; display: flex; flex-direction: column; justify-content: center; }
.flow .producers { align-self: center; }
.lanes { display: grid; gap: 0.75rem; align-content: center; }
.lane { display: grid; grid-template-columns: minmax(8rem, 1fr) minmax(15rem, 2.2fr) minmax(6rem, 0.8fr); }
.pipe { position: relative; align-self: center; min-height: 3.4rem; display: flex; flex-direction: column; justify-content: space-between; align-items: center; padding: 0 0.9rem; text-align: center; font-size: 0.85rem; line-height: 1.3; }
.pipe::before { content: ""; position: absolute; left: 0; right: 0.55rem; top: 50%; height: var(--h, 2px); transform: translateY(-50%); background: var(--pipe); }
.pipe::after { content: ""; position: absolute; right: 0; top: 50%; transform: translateY(-50%); border: solid transparent; border-width: calc(0.3rem + var(--h, 2px) / 2) 0 calc(0.3rem + var(--h, 2px) / 2) 0.6rem; border-left-color: var(--pipe); }
.pipe .label { position: relative; z-index: 1; white-space: nowrap; }
.pipe .below { margin-top: auto; }
.w1 { --h: 2px; } .w2 { --h: 4px; } .w3 { --h: 6px; } .w4 { --h: 8px; } .w5 { --h: 10px; }
.pipe.idle::before, .pipe.shut::before { height: 0; background: none; border-top: 2px dashed var(--dim); }
.pipe.idle::after, .pipe.shut::after { border-left-color: var(--dim); }
.meter { display: block; width: 100%; height: 0.65rem; margin: 0.35rem 0 0.15rem; border-radius: 0.2rem; }
.meter .track { fill: color-mix(in srgb, var(--dim) 22%, transparent); }
.meter .fill { fill: var(--tone); }
.meter .mark { fill: var(--ink); }
.consumer + .consumer { margin-top: 0.5rem; }

.findings { display: grid; gap: 0.5rem; }
.finding { background: var(--card); border: 1px solid var(--line); border-left: 0.3rem solid var(--tone); border-radius: 0.5rem; padding: 0.5rem 0.8rem; overflow-wrap: anywhere; }
.finding .badge { margin-right: 0.4rem; }
.values { margin-top: 0.15rem; display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; }

table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
th, td { padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; overflow-wrap: break-word; max-width: 60rem; }
.stack td:nth-child(-n + 4), .stack tbody th { white-space: nowrap; }
.stack td:last-child { width: 60%; min-width: 16rem; }
thead th { color: var(--dim); font-size: 0.85rem; font-weight: 600; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
.num { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.scroll td, .scroll th { white-space: nowrap; overflow-wrap: normal; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--note); outline-offset: 2px; }
summary { cursor: pointer; }
.story { padding: 0.4rem 0 0.4rem 1rem; display: grid; gap: 0.4rem; }
.story .badge { min-width: 5.5rem; }

@media (max-width: 68rem) {
  .flow { grid-template-columns: minmax(0, 1fr); gap: 0; max-width: 36rem; }
  .flow .producers { align-self: stretch; }
  .lane { grid-template-columns: minmax(0, 1fr); }
  .lanes { gap: 0; }
  .pipe { min-height: 2.1rem; flex-direction: row; justify-content: flex-start; align-items: center; gap: 0.6rem; padding: 0 0 0 2.6rem; }
  .pipe .below { margin-top: 0; }
  .pipe::before { left: 1.2rem; right: auto; top: 0; bottom: 0.5rem; width: var(--h, 2px); height: auto; transform: translateX(-50%); }
  .pipe::after { left: 1.2rem; right: auto; top: auto; bottom: 0; transform: translateX(-50%); border-width: 0.6rem calc(0.3rem + var(--h, 2px) / 2) 0; border-color: var(--pipe) transparent transparent; }
  .pipe.idle::before, .pipe.shut::before { width: 0; height: auto; border-top: 0; border-left: 2px dashed var(--dim); }
  .pipe.idle::after, .pipe.shut::after { border-color: var(--dim) transparent transparent; }
  .pair { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 44rem) {
  .phone { display: inline; }
  .headline { font-size: 1.1rem; }
  .stack, .stack tbody, .stack tr, .stack td, .stack tbody th { display: block; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { padding: 0.4rem 0; }
  .stack td, .stack td:nth-child(-n + 4), .stack tbody th { display: inline-block; padding: 0.1rem 0.7rem; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  .stack td:last-child { display: block; width: auto; min-width: 0; }
}
`;
