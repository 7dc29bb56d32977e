import type { MetricInfo, RangeAnswer, RangeSeries } from './api.ts';
import { Chart } from './chart.ts';
import { create } from './elements.ts';
import { describeBucket, figuresOf, typeLabel, type Figures } from './figures.ts';
import { formatSeconds, formatTime, unitLabel } from './format.ts';

/** One metric in the overview. It has a chart only while it can be seen. */
export class Card {
  readonly metric: MetricInfo;
  readonly element: HTMLElement;
  readonly #figures: HTMLElement;
  readonly #chartElement: HTMLElement;
  readonly #readout: HTMLElement;
  #chart: Chart | undefined;
  #shown: Figures | undefined;

  constructor(metric: MetricInfo, onOpen: () => void) {
    this.metric = metric;
    const button = create('button', { text: metric.name });
    button.type = 'button';
    const name = create('h3', { className: 'card-name' }, button);
    name.title = metric.name;
    const type = create('span', { className: 'card-type', text: typeLabel(metric, unitLabel(metric.unit)) });
    this.#figures = create('div', { className: 'card-figures' });
    this.#chartElement = create('div', { className: 'card-chart' });
    this.#readout = create('div', { className: 'card-readout' });
    this.element = create(
      'article',
      { className: 'card' },
      create('div', { className: 'card-head' }, name, type),
      this.#figures,
      this.#chartElement,
      this.#readout,
    );
    this.element.addEventListener('click', onOpen);
  }

  show(series: RangeSeries, answer: RangeAnswer): void {
    const figures = figuresOf(series, answer);
    this.#shown = figures;
    this.#figures.replaceChildren(
      ...figures.headline.map(({ value, label, swatch }, index) => {
        const figure = create('span', { className: index === 0 ? 'figure main' : 'figure' });
        if (swatch !== undefined) figure.append(create('i', { className: `swatch-${swatch}` }));
        figure.append(create('b', { text: value }), label);
        return figure;
      }),
    );
    this.#chart ??= new Chart(this.#chartElement, { isSmall: true, onHover: (index) => this.#hover(index) });
    this.#chart.show(figures.chart);
    this.#hover(null);
  }

  /** Frees the chart of a card that went out of sight. */
  hide(): void {
    this.#chart?.destroy();
    this.#chart = undefined;
    this.#shown = undefined;
  }

  #hover(index: number | null): void {
    if (this.#shown === undefined) return;
    const { times, step, isCount } = this.#shown.chart;
    const time = index === null ? undefined : times[index];
    this.#readout.textContent =
      time === undefined
        ? `${isCount ? 'counted in' : 'in'} steps of ${formatSeconds(step)}`
        : `${formatTime(time, step)}   ${describeBucket(this.#shown, index!)}`;
  }
}
