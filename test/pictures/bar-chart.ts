import type { TopLevelSpec } from 'vega-lite';
import { FONT, type Theme } from './theme.ts';

/** One bar. */
export interface Bar {
  /** Bars of one panel stand below each other. */
  readonly panel: string;
  readonly row: string;
  readonly value: number;
  /** The value as it is written beside the bar. */
  readonly label: string;
  readonly isOwn: boolean;
}

export interface BarChart {
  readonly title: string;
  /** What is measured, and its unit. */
  readonly subtitle: string;
  readonly bars: readonly Bar[];
  /** Each panel with a scale of its own; otherwise their bars can be compared. */
  readonly hasOwnScales?: boolean;
}

/** The width of all panels together. */
const WIDTH = 640;
const GAP = 18;
const ROW_HEIGHT = 24;
const CHARACTER_WIDTH = 7.5;

/** Bars on a scale that begins with 0 and is the same in all panels, with their values beside them. */
export function barChart(
  { title, subtitle, bars, hasOwnScales = false }: BarChart,
  theme: Theme,
): TopLevelSpec {
  const panels = [...new Set(bars.map(({ panel }) => panel))];
  const rows = [...new Set(bars.map(({ row }) => row))];
  const width = Math.floor((WIDTH - GAP * (panels.length - 1)) / panels.length);
  const room = 8 + CHARACTER_WIDTH * Math.max(...bars.map(({ label }) => label.length));
  const scaleOf = (values: readonly number[]) => ({
    domain: [0, (Math.max(...values) * width) / (width - room)],
    nice: false,
  });
  const common = scaleOf(bars.map(({ value }) => value));
  const chartOf = (panel: string, isFirst: boolean) => {
    const own = bars.filter((bar) => bar.panel === panel);
    const scale = hasOwnScales ? scaleOf(own.map(({ value }) => value)) : common;
    return {
      ...(panel === ''
        ? {}
        : {
            title: {
              text: panel,
              anchor: 'start' as const,
              frame: 'group' as const,
              fontSize: 13,
              offset: 6,
            },
          }),
      width,
      height: { step: ROW_HEIGHT },
      data: { values: own.map(({ row, value, label, isOwn }) => ({ row, value, label, isOwn })) },
      encoding: {
        y: {
          field: 'row',
          type: 'nominal' as const,
          sort: rows,
          scale: { domain: rows, paddingInner: 0.3, paddingOuter: 0.15 },
          axis: isFirst
            ? { title: null, labelLimit: 400, labelPadding: 8, ticks: false, domain: false }
            : { title: null, labels: false, ticks: false, domain: false },
        },
        x: { field: 'value', type: 'quantitative' as const, scale, axis: null },
      },
      layer: [
        {
          // What every bar begins at.
          mark: { type: 'rule' as const, color: theme.line },
          encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: 'height' as const } },
        },
        {
          mark: { type: 'bar' as const, cornerRadiusEnd: 2 },
          encoding: {
            color: {
              condition: { test: 'datum.isOwn', value: theme.own },
              value: theme.other,
            },
          },
        },
        {
          mark: { type: 'text' as const, align: 'left' as const, dx: 5, fontSize: 13 },
          encoding: {
            text: { field: 'label', type: 'nominal' as const },
            color: { condition: { test: 'datum.isOwn', value: theme.own }, value: theme.text },
          },
        },
      ],
    };
  };
  return {
    ...frameOf(title, subtitle, theme),
    hconcat: panels.map((panel, index) => chartOf(panel, index === 0)),
    spacing: GAP,
  };
}

/** What all pictures have: title, colours and font. */
export function frameOf(title: string, subtitle: string, theme: Theme) {
  return {
    background: theme.background,
    padding: 16,
    title: {
      text: title,
      subtitle,
      anchor: 'start' as const,
      frame: 'bounds' as const,
      fontSize: 16,
      subtitleFontSize: 13,
      subtitlePadding: 4,
      offset: 14,
    },
    config: {
      aria: false,
      font: FONT,
      view: { stroke: null },
      title: { color: theme.text, subtitleColor: theme.quiet },
      axis: {
        labelColor: theme.text,
        labelFontSize: 13,
        titleColor: theme.quiet,
        titleFontSize: 13,
        titleFontWeight: 'normal' as const,
        gridColor: theme.line,
        domainColor: theme.line,
        tickColor: theme.line,
      },
    },
  };
}
