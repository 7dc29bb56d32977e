import type { RangeAnswer } from './api.ts';
import { Chart } from './chart.ts';
import { create, iconButton, nameElement, swatch } from './elements.ts';
import { describeBucket, figuresOf, typeLabel, type Circumstances, type Figures } from './figures.ts';
import { formatChange, formatSeconds, formatTime } from './format.ts';
import { summaryTable } from './tables.ts';
import { nameOf, typeOf, writeView, type View } from './views.ts';

export interface CardActions {
  readonly onOpen: (view: View) => void;
  readonly onPin: (view: View) => void;
  readonly onPick: (view: View) => void;
  readonly onZoom: (since: number, until: number) => void;
}

/** One chart of the overview. It is drawn only while it can be seen. */
export class Card {
  readonly view: View;
  readonly key: string;
  readonly element: HTMLElement;
  readonly #title: string;
  readonly #pin: HTMLButtonElement;
  readonly #pick: HTMLButtonElement;
  readonly #onZoom: CardActions['onZoom'];
  readonly #change = create('span', { className: 'card-change' });
  readonly #figures = create('div', { className: 'card-figures' });
  readonly #chartElement = create('div', { className: 'card-chart' });
  readonly #nothing = create('p', { className: 'card-nothing' });
  readonly #readout = create('div', { className: 'card-readout' });
  readonly #table: HTMLTableElement;
  #chart: Chart | undefined;
  #shown: Figures | undefined;

  constructor(view: View, actions: CardActions) {
    this.view = view;
    this.key = writeView(view);
    this.#title = titleOf(view);
    this.#onZoom = actions.onZoom;
    const open = create('button', { className: 'card-open' }, nameElement(this.#title));
    open.type = 'button';
    this.#pin = iconButton('pin', `Pin ${this.#title} to the top`, () => actions.onPin(view));
    this.#pick = iconButton('pick', `Pick ${this.#title} for one chart`, () => actions.onPick(view));
    this.#pick.hidden = view.metrics.length > 1;
    this.#table = create('table', { className: 'visually-hidden' }, create('caption', { text: this.#title }));
    this.#chartElement.setAttribute('aria-hidden', 'true');
    this.element = create(
      'article',
      { className: 'card' },
      create(
        'div',
        { className: 'card-head' },
        create('h3', { className: 'card-name' }, open),
        this.#change,
        this.#pick,
        this.#pin,
      ),
      this.#figures,
      create('div', { className: 'card-frame' }, this.#chartElement, this.#nothing),
      this.#readout,
      this.#table,
    );
    this.mark({ isPinned: false, isPicked: false });
    this.element.addEventListener('click', () => actions.onOpen(view));
  }

  mark({ isPinned, isPicked }: { readonly isPinned: boolean; readonly isPicked: boolean }): void {
    this.#pin.setAttribute('aria-pressed', String(isPinned));
    this.#pick.setAttribute('aria-pressed', String(isPicked));
    this.element.classList.toggle('picked', isPicked);
  }

  show(answer: RangeAnswer, circumstances: Circumstances): void {
    const figures = figuresOf(answer, this.view, circumstances);
    this.#shown = figures;
    this.#say(figures.nothing);
    this.#figures.replaceChildren(
      ...(figures.nothing === '' ? figures.headline : []).map(({ value, label, color }, index) => {
        const figure = create('span', { className: index === 0 ? 'figure main' : 'figure' });
        if (color !== undefined) figure.append(swatch(color));
        figure.append(create('b', { text: value }), label);
        return figure;
      }),
    );
    if (figures.nothing === '') {
      this.#chart ??= new Chart(this.#chartElement, {
        isSmall: true,
        onHover: (index) => this.#hover(index),
        onZoom: this.#onZoom,
      });
      this.#chart.show(figures.chart);
    } else {
      this.#clear();
    }
    summaryTable(this.#table, figures);
    this.#hover(null);
  }

  /** Shows by which share the newer half of the range is larger; nothing for `null`. */
  showChange(change: number | null): void {
    this.#change.hidden = change === null;
    if (change === null) return;
    this.#change.textContent = Number.isFinite(change) ? formatChange(change) : 'new';
    this.#change.title = 'The newer half of the range, compared with the older half';
  }

  /** Says why there is no chart. */
  refuse(reason: string): void {
    this.hide();
    this.#say(reason);
    this.#figures.replaceChildren();
    this.#readout.textContent = '';
  }

  /** Frees the chart of a card that went out of sight. */
  hide(): void {
    this.#clear();
    this.#shown = undefined;
  }

  #clear(): void {
    this.#chart?.destroy();
    this.#chart = undefined;
  }

  #say(reason: string): void {
    this.#nothing.textContent = reason;
    this.#nothing.hidden = reason === '';
  }

  #hover(index: number | null): void {
    if (this.#shown === undefined) return;
    const { times, step, marks } = this.#shown.chart;
    const time = index === null ? undefined : times[index];
    if (time === undefined) {
      this.#readout.textContent = `${factsOf(this.view, this.#shown)} · steps of ${formatSeconds(step)}`;
      return;
    }
    const events = marks
      .filter((mark) => mark.time >= time && mark.time < time + step)
      .map(({ title }) => title);
    const words = [describeBucket(this.#shown, index!), ...events].join(' · ');
    this.#readout.textContent = `${formatTime(time, step)}   ${words}`;
  }
}

export function titleOf({ metrics, split }: View): string {
  const names = metrics.map(nameOf).join(' + ');
  return split === '' ? names : `${names} by ${split}`;
}

function factsOf({ metrics }: View, { series, chart: { lines } }: Figures): string {
  if (series.length > 1) return `${lines.length} lines`;
  return series[0] === undefined ? metrics.map(typeOf).join(' + ') : typeLabel(series[0]);
}
