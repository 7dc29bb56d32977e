import uPlot from 'uplot';
import { blocks, hatch, steps } from './count-paths.ts';
import { formatShort, formatTick } from './format.ts';
import { drawMarks, shadeUnwatched, type Mark } from './marks.ts';

/** One line of a chart. */
export interface Line {
  readonly label: string;
  /** A CSS colour, or the name of one of the page's variables (`--p95`). */
  readonly color: string;
  readonly unit: string;
  /** Counted in each bucket: drawn in steps from zero. Otherwise a level. */
  readonly isCount: boolean;
  /** Whether several of them make a sum: counts and gauges do, percentiles don't. */
  readonly canBeAdded: boolean;
  readonly values: readonly (number | null)[];
  /** The first bucket that was watched from its start. */
  readonly wholeFrom: number;
  /** The first bucket whose value may still change. */
  readonly openFrom: number;
  /** @default 1.5 pixels */
  readonly width?: number;
}

export interface ChartData {
  /** Starts of buckets in seconds since 1970, ascending. */
  readonly times: readonly number[];
  /** Seconds of a bucket. */
  readonly step: number;
  /** What the time axis shows. */
  readonly from: number;
  readonly until: number;
  /** When the store began, if that is on the axis. */
  readonly began: number | undefined;
  readonly lines: readonly Line[];
  /** Whether the lines lie on top of each other. They are of one scale then. */
  readonly isStacked: boolean;
  /** Whether the area between a line and the next one is filled. */
  readonly isBand: boolean;
  readonly marks: readonly Mark[];
}

export interface ChartOptions {
  readonly isSmall: boolean;
  /** Called with the bucket under the pointer, and `null` when it leaves. */
  readonly onHover: (index: number | null) => void;
  /** Called with the two moments between which the pointer was dragged. */
  readonly onZoom: (since: number, until: number) => void;
}

/** For lines that have no meaning of their own. They can be told apart in both themes, and by most people. */
export const PALETTE = [
  '#4f8fea',
  '#e0803a',
  '#2fa58d',
  '#c95c9c',
  '#8b78d8',
  '#c4a02d',
  '#d85a5a',
  '#5aa84f',
  '#3fa9c9',
  '#a0785a',
  '#7d8aa5',
  '#b56fd0',
] as const;

/** Distances between the lines of a scale of bytes, which are shown in KiB, MiB and so on. */
const POWERS_OF_TWO = Array.from({ length: 51 }, (_, power) => 2 ** power);

/** Few enough for bars that are wide enough to be seen. */
const MAX_BARS = 60;
const OPEN_DASH = [4, 3];

/** Lines with the same scale can be compared. */
export function scaleOf({ isCount, unit }: Pick<Line, 'isCount' | 'unit'>): string {
  return `${isCount ? 'count' : 'level'} ${unit}`;
}

/** The scales that a chart has room for: one on the left, one on the right. */
export function scalesOf(lines: readonly Line[]): string[] {
  return [...new Set(lines.map(scaleOf))].slice(0, 2);
}

/** What a line is drawn at: on top of those after it in a stack. */
export function heightsOf({ lines, isStacked }: Pick<ChartData, 'lines' | 'isStacked'>): (number | null)[][] {
  if (!isStacked) return lines.map(({ values }) => [...values]);
  let below: (number | null)[] = [];
  const heights = lines.toReversed().map(({ values }) => {
    below = values.map((value, index) => {
      const base = below[index] ?? null;
      return value === null ? base : value + (base ?? 0);
    });
    return below;
  });
  return heights.toReversed();
}

function cssColor(color: string): string {
  return color.startsWith('--')
    ? getComputedStyle(document.documentElement).getPropertyValue(color).trim()
    : color;
}

function mixed(color: string, share: number, other = 'transparent'): string {
  return `color-mix(in srgb, ${color} ${share * 100}%, ${other})`;
}

/** A chart that follows its element's size. */
export class Chart {
  readonly #element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #observer: ResizeObserver;
  #plot: uPlot | undefined;
  #data: ChartData | undefined;
  #shape = '';
  #hovered: number | null = null;

  constructor(element: HTMLElement, options: ChartOptions) {
    this.#element = element;
    this.#options = options;
    this.#observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width > 0 && height > 0) this.#plot?.setSize({ width, height });
    });
    this.#observer.observe(element);
  }

  show(data: ChartData): void {
    this.#data = data;
    const lines = data.lines.filter((line) => scalesOf(data.lines).includes(scaleOf(line)));
    const shape = JSON.stringify([
      document.documentElement.dataset['theme'],
      data.step,
      data.isStacked,
      isBars(data),
      lines.map(({ label, color, unit, isCount }) => [label, color, unit, isCount]),
    ]);
    const values = alignedData({ ...data, lines });
    if (this.#plot !== undefined && shape === this.#shape) {
      this.#plot.setData(values);
      return;
    }
    this.#plot?.destroy();
    this.#shape = shape;
    this.#plot = new uPlot(this.#plotOptions({ ...data, lines }), values, this.#element);
  }

  /** Moves the pointer by so many buckets, for a keyboard. */
  step(buckets: number): void {
    const { times, step } = this.#data ?? { times: [], step: 0 };
    if (this.#plot === undefined || times.length === 0) return;
    const index = Math.min(Math.max((this.#hovered ?? times.length) + buckets, 0), times.length - 1);
    const left = this.#plot.valToPos(times[index]! + step / 2, 'x');
    this.#plot.setCursor({ left, top: 1 });
  }

  /** Takes the pointer away. */
  leave(): void {
    this.#plot?.setCursor({ left: -10, top: -10 });
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #plotOptions(data: ChartData): uPlot.Options {
    const { isSmall } = this.#options;
    const [left = '', right] = scalesOf(data.lines);
    const dim = cssColor('--faint');
    const font = `${isSmall ? 11 : 12}px system-ui, sans-serif`;
    const common = { stroke: dim, font, ticks: { show: false } };
    const valueAxis = (scale: string): uPlot.Axis => {
      const { unit } = data.lines.find((line) => scaleOf(line) === scale) ?? { unit: '' };
      return {
        ...common,
        scale,
        side: scale === right ? 1 : 3,
        grid: { show: scale === left, stroke: cssColor('--grid'), width: 1 },
        size: isSmall ? 50 : 64,
        gap: 4,
        space: isSmall ? 24 : 40,
        ...(unit === 'By' && { incrs: POWERS_OF_TWO }),
        values: (_, splits) => splits.map((value) => formatShort(value, unit)),
      };
    };
    const valueScale = (scale: string): uPlot.Scale => ({
      range: (_, min, max) => valueRange(min, max, scale.startsWith('count')),
    });
    return {
      width: this.#element.clientWidth || 320,
      height: this.#element.clientHeight || 120,
      legend: { show: false },
      padding: [isSmall ? 8 : 18, right === undefined ? (isSmall ? 26 : 30) : 0, 0, 0],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 6 },
        dataIdx: (_, __, ___, time) => this.#indexAt(time),
        points: { size: (_, index) => (data.lines[Math.ceil(index / 2) - 1]?.isCount ? 0 : 7) },
        bind: { dblclick: () => null },
        // Only the pointer is shared between cards, and not what is selected.
        ...(isSmall && {
          sync: {
            key: 'cards',
            filters: { pub: (type) => type.startsWith('mousemove') || type === 'mouseleave' },
          },
        }),
      },
      scales: {
        x: { time: true, range: () => [this.#data!.from, this.#data!.until] },
        [left]: valueScale(left),
        ...(right !== undefined && { [right]: valueScale(right) }),
      },
      axes: [
        {
          ...common,
          grid: { show: false },
          size: isSmall ? 24 : 32,
          gap: isSmall ? 6 : 9,
          space: isSmall ? 76 : 100,
          values: (_, splits, __, ___, distance) => splits.map((seconds) => formatTick(seconds, distance)),
        },
        valueAxis(left),
        ...(right === undefined ? [] : [valueAxis(right)]),
      ],
      series: [{}, ...data.lines.flatMap((line) => seriesOf(line, data))],
      bands: bandsOf(data),
      hooks: {
        drawAxes: [
          (plot) => shadeUnwatched(plot, this.#data?.began, { shade: mixed(dim, 0.1), color: dim, font }),
        ],
        draw: [
          (plot) =>
            drawMarks(plot, this.#data?.marks ?? [], {
              isSmall,
              font,
              color: cssColor('--mark'),
              surface: cssColor('--surface'),
            }),
        ],
        setCursor: [(plot) => this.#hover(plot)],
        setSelect: [(plot) => this.#select(plot)],
      },
    };
  }

  #hover(plot: uPlot): void {
    const { left = -1 } = plot.cursor;
    this.#hovered = left < 0 ? null : this.#indexAt(plot.posToVal(left, 'x'));
    this.#options.onHover(this.#hovered);
  }

  /** The bucket that a moment lies in. */
  #indexAt(time: number): number | null {
    const index = this.#data!.times.findLastIndex((start) => start <= time);
    return index < 0 ? null : index;
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const [since, until] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    if (width > 0) this.#options.onZoom(since, until);
  }
}

function isBars({ lines, times }: ChartData): boolean {
  return lines.length === 1 && lines[0]!.isCount && times.length <= MAX_BARS;
}

/** Of each line what is complete, and what is open. The open part of a level begins with its last complete value. */
function alignedData(data: ChartData): uPlot.AlignedData {
  const heights = heightsOf(data);
  return [
    [...data.times],
    ...data.lines.flatMap(({ isCount, openFrom }, index) => {
      const values = heights[index]!;
      const joint = isCount ? openFrom : values.findLastIndex((value, at) => at < openFrom && value !== null);
      return [
        values.map((value, at) => (at < openFrom ? value : null)),
        values.map((value, at) => (at >= joint && openFrom < values.length ? value : null)),
      ];
    }),
  ] as uPlot.AlignedData;
}

/** Two series of the plot for each line: what is complete, and what is open. */
function seriesOf(line: Line, data: ChartData): uPlot.Series[] {
  const { label, color, width = 1.5, isCount } = line;
  const stroke = cssColor(color);
  const isAlone = data.lines.length === 1;
  const common: uPlot.Series = {
    label,
    scale: scaleOf(line),
    stroke,
    width,
    points: { show: false },
    spanGaps: true,
  };
  // Areas of a stack hide those behind them, so that each keeps its own colour.
  const area = data.isStacked ? mixed(stroke, 0.45, cssColor('--surface')) : mixed(stroke, 0.16);
  if (isCount) {
    const gap = isBars(data) ? 0.22 : 0;
    const open: uPlot.Series = {
      ...common,
      width: 1,
      dash: OPEN_DASH,
      ...((isAlone || data.isStacked) && { fill: () => hatch(stroke, cssColor('--surface')) }),
      paths: blocks(data.step, gap),
    };
    if (gap > 0) {
      const bars = { ...common, width: 0, fill: mixed(stroke, 0.85), paths: blocks(data.step, gap) };
      return [bars, open];
    }
    const filled = isAlone || data.isStacked;
    return [
      { ...common, width: isAlone ? 1.25 : 1.5, ...(filled && { fill: area }), paths: steps(data.step) },
      open,
    ];
  }
  const isFilled = (isAlone || data.isStacked) && !data.isBand;
  // A single value between gaps has no line; a dot shows it.
  const points: uPlot.Series.Points = { show: isLonely, size: 4, fill: stroke };
  const level = { ...common, points, ...(isFilled && { fill: data.isStacked ? area : mixed(stroke, 0.08) }) };
  return [
    level,
    { ...common, points: { show: false }, dash: OPEN_DASH, ...(data.isStacked && { fill: area }) },
  ];
}

/** The areas between a line and the next one. */
function bandsOf({ lines, isBand }: ChartData): uPlot.Band[] {
  if (!isBand) return [];
  return lines.slice(1).map((_, index) => ({
    series: [1 + 2 * index, 3 + 2 * index],
    fill: mixed(cssColor(lines[index]!.color), 0.16),
  }));
}

function isLonely(plot: uPlot, index: number): boolean {
  const values = plot.data[index]!;
  let count = 0;
  for (const value of values) if (value !== null && value !== undefined) count += 1;
  return count <= 2;
}

/** From zero, but for levels that lie close together far away from it. Below zero only where something is. */
export function valueRange(min: number | null, max: number | null, isCount: boolean): [number, number] {
  const low = min ?? 0;
  const high = max ?? 0;
  if (low === 0 && high === 0) return [0, 1];
  if (isCount || (low >= 0 && low < high * 0.6)) return [Math.min(low, 0) * 1.08, Math.max(high, 0) * 1.08];
  const room = (high - low || Math.abs(high)) * 0.15;
  return [low >= 0 ? Math.max(low - room, 0) : low - room, high + room];
}
