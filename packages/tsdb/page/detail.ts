import { fetchRange, fetchSeries, type RangeAnswer, type RangeSeries } from './api.ts';
import { Chart, type ChartData } from './chart.ts';
import { byId, create, option } from './elements.ts';
import { figuresOf, highest, last, lowest, splitLines, summaries, typeLabel } from './figures.ts';
import { formatSeconds, formatTime, formatValue, unitLabel } from './format.ts';
import type { State } from './state.ts';

interface Row {
  readonly label: string;
  /** A colour for what is drawn. */
  readonly color: string | undefined;
  readonly unit: string;
  readonly values: readonly (number | null)[];
  /** Whether the values of all buckets make a sum. */
  readonly isCount: boolean;
}

/** One metric, large, with its numbers. */
export class Detail {
  readonly #dialog = byId('detail', HTMLDialogElement);
  readonly #close = byId('detail-close', HTMLElement);
  readonly #split = byId('split', HTMLSelectElement);
  readonly #head = this.#dialog.querySelector('thead')!;
  readonly #body = this.#dialog.querySelector('tbody')!;
  readonly #state: State;
  #chart: Chart | undefined;
  #shown: { readonly chart: ChartData; readonly rows: readonly Row[] } | undefined;
  #hovered: number | null = null;
  #tagsOf = '';

  constructor(state: State, onChange: () => void) {
    this.#state = state;
    this.#close.addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    this.#dialog.addEventListener('close', () => {
      state.metric = '';
      state.split = '';
      this.#clear();
      onChange();
    });
    this.#split.addEventListener('change', () => {
      state.split = this.#split.value;
      onChange();
    });
  }

  get isOpen(): boolean {
    return this.#dialog.open;
  }

  /** Shows what the state names, or closes. */
  async update(): Promise<void> {
    const { metric: name } = this.#state;
    if (name === '') {
      if (this.isOpen) this.#dialog.close();
      return;
    }
    if (!this.isOpen) {
      this.#dialog.showModal();
      // Not by `autofocus`, which a browser complains about when something has the focus while the page loads.
      this.#close.focus();
    }
    byId('detail-name', HTMLElement).textContent = name;
    if (this.#tagsOf !== name) await this.#loadTags(name);
    const { rangeSeconds, resolution, tags, split } = this.#state;
    const answer = await fetchRange({
      names: [name],
      rangeSeconds,
      resolution,
      tags,
      ...(split !== '' && { by: split }),
    });
    if (this.#state.metric === name && this.#state.split === split) this.#show(answer);
  }

  /** Draws again, for other colours. */
  redraw(): void {
    if (this.#shown) this.#chart?.show(this.#shown.chart);
  }

  #clear(): void {
    this.#chart?.destroy();
    this.#chart = undefined;
    this.#shown = undefined;
    this.#hovered = null;
    this.#tagsOf = '';
  }

  async #loadTags(name: string): Promise<void> {
    const { series } = await fetchSeries([name]);
    const keys = [...new Set(series.flatMap(({ tags }) => Object.keys(tags)))].sort();
    const [first] = series;
    const facts = [
      first === undefined ? 'never recorded' : typeLabel(first, unitLabel(first.unit)),
      series.length === 1 ? '1 series' : `${series.length.toLocaleString()} series`,
    ];
    byId('detail-facts', HTMLElement).textContent = facts.join(' · ');
    this.#split.replaceChildren(option('', 'nothing'), ...keys.map((key) => option(key, key)));
    this.#split.value = this.#state.split;
    this.#split.disabled = keys.length === 0;
    this.#tagsOf = name;
  }

  #show(answer: RangeAnswer): void {
    const { series, more } = answer;
    const [first] = series;
    if (first === undefined) return;
    const { split } = this.#state;
    const figures = figuresOf(first, answer).chart;
    const same = series.filter(({ type }) => type === first.type);
    const chart =
      split === '' ? figures : { ...figures, lines: splitLines({ ...answer, series: same }, split) };
    const rows: Row[] = chart.lines.map(({ label, color, values }) => ({
      label: split !== '' && first.type === 'distribution' ? `${label} (p95)` : label,
      color,
      unit: first.unit,
      values,
      isCount: chart.isCount,
    }));
    if (split === '' && first.type === 'distribution') rows.reverse().push(...furtherRows(first));
    this.#shown = { chart, rows };
    this.#chart ??= new Chart(byId('detail-chart', HTMLElement), {
      isSmall: false,
      onHover: (index) => {
        this.#hovered = index;
        this.#fill(more);
      },
    });
    this.#chart.show(chart);
    this.#fill(more);
  }

  #fill(more: number): void {
    if (this.#shown === undefined) return;
    const { chart, rows } = this.#shown;
    const time = this.#hovered === null ? undefined : chart.times[this.#hovered];
    const isCount = rows.some((row) => row.isCount);
    const titles = [
      `steps of ${formatSeconds(chart.step)}`,
      time === undefined ? 'latest' : formatTime(time, chart.step),
      'lowest',
      'highest',
      ...(isCount ? ['in all'] : []),
    ];
    this.#head.replaceChildren(create('tr', {}, ...titles.map((text) => create('th', { text }))));
    this.#body.replaceChildren(
      ...rows.map((row) => {
        const { label, color, values, unit } = row;
        const swatch = create('i');
        if (color !== undefined) swatch.style.background = color.startsWith('--') ? `var(${color})` : color;
        const value = time === undefined ? last(values) : (values[this.#hovered!] ?? null);
        const cells = [value, lowest(values), highest(values)].map((each) => formatValue(each, unit));
        const total = values.reduce<number>((sum, each) => sum + (each ?? 0), 0);
        if (isCount) cells.push(row.isCount ? formatValue(total, unit) : '');
        return create(
          'tr',
          {},
          create('td', {}, ...(color === undefined ? [] : [swatch]), label),
          ...cells.map((text) => create('td', { text })),
        );
      }),
      ...(more > 0
        ? [create('tr', {}, create('td', { text: `and ${more.toLocaleString()} more, with less in them` }))]
        : []),
    );
  }
}

/** The figures of a distribution that are written and not drawn. */
function furtherRows(series: RangeSeries): Row[] {
  const all = summaries(series);
  const row = (label: string, values: readonly (number | null)[]): Row => ({
    label,
    color: undefined,
    unit: series.unit,
    values,
    isCount: false,
  });
  return [
    row(
      'mean',
      all.map(({ count, sum }) => (count > 0 && sum !== null ? sum / count : null)),
    ),
    row(
      'smallest',
      all.map(({ min }) => min),
    ),
    row(
      'largest',
      all.map(({ max }) => max),
    ),
    {
      ...row(
        'values',
        all.map(({ count }) => count),
      ),
      unit: '',
      isCount: true,
    },
  ];
}
