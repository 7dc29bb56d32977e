import { readFileSync } from 'node:fs';
import { instance } from '@viz-js/viz';
import { FONT, type Theme } from './theme.ts';

export const WAY_ALT =
  'The way of a number: a call adds to the cell of its series; at a collection a producer makes points of what the cells hold; OpenTelemetry’s reader hands them to the exporter, where a batch is merged, becomes text and is packed into payloads; a socket sends them; the settlement says what was exported, kept to be sent again, or dropped; the ledger counts it.';

/** Boxes are as wide as their texts in this font, which is wide, so that no other font leaves them. */
const MEASURED_FONT = 'Courier';

const DESCRIPTION = readFileSync(new URL('way-of-a-number.dot', import.meta.url), 'utf8');

export async function drawWay(theme: Theme): Promise<string> {
  const graphviz = await instance();
  const fontname = MEASURED_FONT;
  const svg = graphviz.renderString(described(theme), {
    format: 'svg',
    graphAttributes: {
      bgcolor: theme.background,
      pad: 0.2,
      fontname,
      fontcolor: theme.text,
      fontsize: 16,
      label: { html: '<b>The way of a number</b>' },
      labelloc: 't',
      labeljust: 'l',
    },
    nodeAttributes: {
      shape: 'box',
      style: 'rounded',
      color: theme.other,
      fontcolor: theme.text,
      fontname,
      fontsize: 15,
      margin: '0.16,0.1',
      penwidth: 1.5,
    },
    edgeAttributes: { color: theme.quiet, fontcolor: theme.quiet, fontname, fontsize: 12, arrowsize: 0.8 },
  });
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(/(?<=width|height)="(\d+)pt"/g, '="$1"')
    .replaceAll(/font-family="[^"]*"/g, `font-family="${FONT}"`);
}

/** The description with names in bold, and everything aligned to the left. */
function described(theme: Theme): string {
  return DESCRIPTION.replaceAll('$own', theme.own).replaceAll(
    /label="(\w+)\\n([^"]+)"/g,
    (_, name, lines) => {
      const end = '<br align="left"/>';
      const small = String(lines).replaceAll('\\n', end);
      return `label=<<b>${String(name)}</b>${end}<font point-size="12">${small}</font>${end}>`;
    },
  );
}
