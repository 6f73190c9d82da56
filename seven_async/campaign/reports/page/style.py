"""How the page looks: on a phone, on a desktop, in the dark and on paper."""

from __future__ import annotations

from typing import Final

# Colours have a contrast of 4.5 to 1 or more on their ground where they are text, 3 to 1 where they
# are areas (WCAG 2.2, 1.4.3 and 1.4.11).
STYLE: Final = """
:root { color-scheme: light dark; --page: #f2f4f8; --card: #fff; --ink: #17202c; --soft: #556072;
  --line: #dbe0e8; --accepted: #2f6fb0; --delivered: #12805a; --waiting: #b87a14;
  --failed: #c43a46; --skipped: #74808f; --refused: #8058a5; --warn: #fff2cc; --warn-ink: #6b4a00;
  --good: #dff3ea; --good-ink: #0c5a3f }
@media screen and (prefers-color-scheme: dark) { :root { --page: #0e131a; --card: #171e28;
  --ink: #e8ecf2; --soft: #a6b1c0; --line: #2e3846; --accepted: #5b9ede; --delivered: #3fbf8d;
  --waiting: #dfa53f; --failed: #ee6f7b; --skipped: #8c98a8; --refused: #b493da;
  --warn: #43360f; --warn-ink: #ffdf8a; --good: #12392b; --good-ink: #8ee0bf } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
main { max-width: 62rem; margin: auto; padding: 2rem 1.5rem 3rem }
header { margin: 0 0 1.75rem }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere }
h2 { margin: 0 0 .25rem; font-size: 1.15rem; line-height: 1.3 }
p { margin: 0 } small { font-size: .8125rem; color: var(--soft) }
.kind { color: var(--soft); font-size: .875rem; letter-spacing: .04em; text-transform: uppercase }
.rehearsal { display: block; width: fit-content; margin: .6rem 0 0; padding: .35rem .8rem;
  border: 2px dashed currentColor; border-radius: 8px; background: var(--warn);
  color: var(--warn-ink); font-size: 1.125rem }
.ending { display: inline-block; margin: .8rem 0 0; padding: .15rem .7rem; border-radius: 99px;
  font-weight: 600; font-size: .9375rem; background: var(--warn); color: var(--warn-ink) }
.ending.good { background: var(--good); color: var(--good-ink) }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr));
  gap: .9rem 1.5rem; margin: 1.1rem 0 0 }
dt { color: var(--soft); font-size: .8125rem } dd { margin: 0; overflow-wrap: anywhere }
dl div:has(.template) { grid-column: 1 / -1 }
.template { display: block; padding: .6rem .9rem; border-left: 4px solid var(--accepted);
  border-radius: 0 8px 8px 0; background: var(--card); white-space: pre-wrap }
section { margin: 0 0 1.25rem; padding: 1.35rem 1.5rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px }
.note, figcaption { color: var(--soft); font-size: .875rem } .strong { color: var(--ink) }
ul { margin: 0; padding: 0; list-style: none }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
  gap: 1.1rem 1.25rem; margin: 1rem 0 1.2rem }
.tiles li { display: grid; grid-template-columns: auto 1fr; align-content: start;
  align-items: center; column-gap: .5rem }
.tiles b { font-size: 1.75rem; line-height: 1.2; font-variant-numeric: tabular-nums }
.tiles li > :not(.swatch, b) { grid-column: 1 / -1 } .tiles b:first-child { grid-column: 1 / -1 }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; margin: .25rem 0 .5rem;
  font-size: .9375rem }
svg { display: block } .swatch { flex: none; display: inline-block; margin-right: .4rem }
.tiles .swatch { margin: 0 }
.bar { margin: .75rem 0 1rem; border-radius: 6px; overflow: hidden }
.meter { margin: .3rem 0 0; max-width: 26rem }
table { width: 100%; margin: .75rem 0 0; border-collapse: collapse;
  font-variant-numeric: tabular-nums }
th, td { padding: .5rem 0; border-top: 1px solid var(--line); text-align: left;
  vertical-align: top; font-weight: 400 }
thead th { border: 0; color: var(--soft); font-size: .8125rem }
td, thead th:not(:first-child) { width: 1%; padding-left: 1.25rem; text-align: right;
  white-space: nowrap }
tfoot th, tfoot td { font-weight: 700; border-top: 2px solid var(--line) }
th .word { display: inline-block; max-width: calc(100% - 1.5rem); vertical-align: top }
th .word small { display: block } th .swatch { margin-top: .4rem }
td.word small, th .word small { font-weight: 400 }
table + .note { margin-top: .75rem }
figure { margin: .5rem 0 0 } figcaption { margin: .5rem 0 0 }
.chart { width: calc(100% - 3rem); margin-left: 3rem; overflow: visible }
.chart text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums }
.chart > line { stroke: var(--soft); stroke-width: 1 } .chart > .grid { stroke: var(--line) }
.chart > .break { stroke: var(--soft); stroke-dasharray: 3 4 }
.area { fill-opacity: .22 } .chart .line { fill: none; stroke-width: 2.5;
  stroke-linejoin: round; vector-effect: non-scaling-stroke }
.accepted { fill: var(--accepted); stroke: var(--accepted) }
.delivered { fill: var(--delivered); stroke: var(--delivered) }
.waiting, .unknown { fill: var(--waiting) } .failed, .rejected { fill: var(--failed) }
.skipped { fill: var(--skipped) } .refused { fill: var(--refused) } .track { fill: var(--line) }
rect, .area { stroke: none }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
@media (max-width: 40rem) { main { padding: 1.25rem .75rem 2rem } section { padding: 1rem }
  h1 { font-size: 1.6rem } .rehearsal { font-size: 1rem } .wide { display: none }
  td, thead th:not(:first-child) { padding-left: .75rem }
  .tiles { grid-template-columns: 1fr 1fr } .tiles li:first-child { grid-column: 1 / -1 }
  dl { grid-template-columns: 1fr 1fr; gap: .8rem 1rem } dl div:first-child { grid-column: 1 / -1 }
  .chart { width: calc(100% - 2.75rem); margin-left: 2.75rem } }
@page { margin: 14mm }
@media print { body { background: none; font-size: 11pt } main { max-width: none; padding: 0 }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 1rem 0 }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)) }
  figure, tr, .tiles, header { break-inside: avoid } h2 { break-after: avoid }
  .rehearsal, .ending { border: 1px solid currentColor } .rehearsal { border: 2px dashed } }
"""
