/**
 * One HTML page with everything in it: it loads nothing, runs nothing, and says so in a content security policy, which
 * the browser enforces. Light and dark as the reader's system is; on paper always light.
 */
import { element, escaped } from "./markup.ts";

export function pageOf(title: string, body: readonly string[]): string {
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    element("title", {}, escaped(title)),
    `<style>${style}</style>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
${head.join("\n")}
</head>
<body>
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}

const light = `
  --page: #fff; --text: #1a1d21; --faint: #5c6570; --line: #d5dae0; --panel: #f5f7f9;
  --model: #2864b4; --wait: #9dbfe8; --tool: #c2621a; --idle: #d9dee4; --cached: #1f7a6d; --output: #7a4bb0;
  --good: #1c7430; --warn: #8a5a00; --bad: #b3261e;`;
const dark = `
  --page: #14171b; --text: #e6e9ed; --faint: #9aa4b0; --line: #363d46; --panel: #1d2127;
  --model: #6aa5ee; --wait: #38587f; --tool: #e9954f; --idle: #3a424c; --cached: #4fb8a8; --output: #b48ae0;
  --good: #6cc784; --warn: #e0b050; --bad: #f2817a;`;

const style = `
:root {${light}
  color-scheme: light dark;
}
@media screen and (prefers-color-scheme: dark) { :root {${dark}
} }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; }
p { margin: .3rem 0; overflow-wrap: anywhere; }
.note { color: var(--faint); font-size: .87rem; }
.strong { font-weight: 600; font-size: 1.1rem; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .faint { color: var(--faint); }
.chart, .table { overflow-x: auto; }
.table { border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .7rem; text-align: left; font-weight: 400; white-space: pre; }
thead th { color: var(--faint); background: var(--panel); font-size: .82rem; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.right { text-align: right; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: .6rem 0; }
dt { color: var(--faint); grid-column: 1; } dd { margin: 0; grid-column: 2; overflow-wrap: anywhere; }
code { font: .87rem ui-monospace, monospace; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--text); } svg .faint { fill: var(--faint); } svg .bad { fill: var(--bad); }
svg .axis { stroke: var(--line); } svg .failed { stroke: var(--bad); stroke-width: 2; }
svg .model { fill: var(--model); } svg .wait { fill: var(--wait); } svg .tool { fill: var(--tool); }
svg .idle { fill: var(--idle); } svg .cached { fill: var(--cached); } svg .fresh { fill: var(--wait); }
svg .output { fill: var(--output); }
svg text.on { fill: #fff; }
@media screen and (prefers-color-scheme: dark) { svg text.on { fill: #14171b; } }
@media print {
  main { max-width: none; padding: 0; } .chart, .table { overflow: visible; } svg { min-width: 0 !important; }
  section { break-inside: auto; } tr, svg { break-inside: avoid; } h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
