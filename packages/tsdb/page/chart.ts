import uPlot from 'uplot';
import { formatShort } from './format.ts';

/** One line of a chart. */
export interface Line {
  readonly label: string;
  /** A CSS colour, or the name of one of the page's variables (`--p95`). */
  readonly color: string;
  readonly values: readonly (number | null)[];
  /** @default 1.5 pixels */
  readonly width?: number;
}

export interface ChartData {
  /** Starts of buckets in seconds since 1970, ascending. */
  readonly times: readonly number[];
  /** Seconds of a bucket. */
  readonly step: number;
  readonly unit: string;
  /** Counted in each bucket: drawn from zero, and filled. */
  readonly isCount: boolean;
  readonly lines: readonly Line[];
}

export interface ChartOptions {
  readonly isSmall: boolean;
  /** Called with the bucket under the pointer, and `null` when it leaves. */
  readonly onHover: (index: number | null) => void;
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

function cssColor(color: string): string {
  return color.startsWith('--')
    ? getComputedStyle(document.documentElement).getPropertyValue(color).trim()
    : color;
}

function translucent(color: string, alpha: number): string {
  return `color-mix(in srgb, ${color} ${alpha * 100}%, transparent)`;
}

const hourAndMinute = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const dayAndMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

function axisTime(seconds: number, isLong: boolean): string {
  return (isLong ? dayAndMonth : hourAndMinute).format(new Date(seconds * 1000));
}

/** A chart that follows its element's size. */
export class Chart {
  readonly #element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #observer: ResizeObserver;
  #plot: uPlot | undefined;
  #shape = '';

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
    const bars = data.isCount && data.lines.length === 1 && data.times.length <= MAX_BARS;
    const theme = document.documentElement.dataset['theme'];
    const span = (data.times.at(-1) ?? 0) - (data.times[0] ?? 0);
    const shape = JSON.stringify([
      bars,
      theme,
      data.step,
      span > 86_400,
      data.unit,
      data.lines.map(({ label, color }) => [label, color]),
    ]);
    const values = [[...data.times], ...data.lines.map((line) => [...line.values])] as uPlot.AlignedData;
    if (this.#plot !== undefined && shape === this.#shape) {
      this.#data = data;
      this.#plot.setData(values);
      return;
    }
    this.#plot?.destroy();
    this.#shape = shape;
    this.#data = data;
    this.#plot = new uPlot(this.#plotOptions(data, bars, span > 86_400), values, this.#element);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #data: ChartData | undefined;

  #plotOptions(data: ChartData, bars: boolean, isLong: boolean): uPlot.Options {
    const { isSmall, onHover } = this.#options;
    const dim = cssColor('--faint');
    const grid = { stroke: cssColor('--grid'), width: 1 };
    const font = `${isSmall ? 11 : 12}px system-ui, sans-serif`;
    return {
      width: this.#element.clientWidth || 320,
      height: this.#element.clientHeight || 120,
      legend: { show: false },
      padding: [8, isSmall ? 16 : 20, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 7 },
        ...(isSmall && { sync: { key: 'cards' } }),
      },
      scales: {
        x: {
          time: true,
          // The last bucket has a width, too.
          range: (_, min, max) => [min, max + (this.#data?.step ?? 0)],
        },
        y: { range: (_, min, max) => valueRange(min, max, data.isCount) },
      },
      axes: [
        {
          stroke: dim,
          font,
          grid: { show: false },
          ticks: { show: false },
          size: isSmall ? 24 : 32,
          gap: isSmall ? 6 : 9,
          space: isSmall ? 64 : 90,
          values: (_, splits) => splits.map((seconds) => axisTime(seconds, isLong)),
        },
        {
          stroke: dim,
          font,
          grid,
          ticks: { show: false },
          size: isSmall ? 48 : 62,
          gap: 4,
          space: isSmall ? 30 : 44,
          ...(data.unit === 'By' && { incrs: POWERS_OF_TWO }),
          values: (_, splits) => splits.map((value) => formatShort(value, data.unit)),
        },
      ],
      series: [{}, ...data.lines.map((line) => this.#series(line, data, bars))],
      hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? null)] },
    };
  }

  #series({ label, color, width = 1.5 }: Line, { isCount, lines }: ChartData, bars: boolean): uPlot.Series {
    const stroke = cssColor(color);
    const isAlone = lines.length === 1;
    const common: uPlot.Series = { label, stroke, width, points: { show: false }, spanGaps: true };
    if (bars) {
      return {
        ...common,
        width: 0,
        fill: translucent(stroke, 0.85),
        paths: uPlot.paths.bars!({ size: [0.78, 40], align: 1, radius: 0.15 }),
      };
    }
    if (isCount) {
      return {
        ...common,
        width: isAlone ? 1.25 : 1.5,
        ...(isAlone && { fill: translucent(stroke, 0.16) }),
        paths: uPlot.paths.stepped!({ align: 1 }),
      };
    }
    // A single value between gaps has no line; a dot shows it.
    const points: uPlot.Series.Points = { show: isLonely, size: 4, fill: stroke };
    return { ...common, points, ...(isAlone && { fill: translucent(stroke, 0.08) }) };
  }
}

function isLonely(plot: uPlot, index: number): boolean {
  const values = plot.data[index]!;
  let count = 0;
  for (const value of values) if (value !== null && value !== undefined) count += 1;
  return count <= 2;
}

/** From zero, but for values that lie close together far away from it. */
function valueRange(min: number | null, max: number | null, isCount: boolean): [number, number] {
  const low = min ?? 0;
  const high = max ?? 0;
  if (isCount || (low >= 0 && low < high * 0.6)) return [0, high > 0 ? high * 1.08 : 1];
  const room = (high - low || Math.abs(high) || 1) * 0.15;
  return [low - room, high + room];
}
