import { fetchRange, fetchSeries, type MetricInfo, type RangeAnswer } from './api.ts';
import { titleOf } from './card.ts';
import { Chart, scaleOf, scalesOf } from './chart.ts';
import { byId, create, nameButton, option } from './elements.ts';
import { describeBucket, figuresOf, typeLabel, type Circumstances, type Figures } from './figures.ts';
import { byName, formatCount, formatTime } from './format.ts';
import { furtherLines, makeSum } from './lines.ts';
import type { State } from './state.ts';
import { bucketTable, summaryTable } from './tables.ts';
import { periodOf } from './time-range.ts';
import { keyOf, nameOf, writeView, type View } from './views.ts';

export interface DetailOptions {
  readonly circumstances: () => Circumstances;
  /** Called when another view is to be shown; `undefined` for none. */
  readonly onView: (view: View | undefined) => void;
  readonly onPin: (view: View) => void;
  readonly onZoom: (since: number, until: number) => void;
  readonly onAnswer: (answer: RangeAnswer) => void;
}

/** One chart, large, with its numbers. */
export class Detail {
  readonly #element = byId('detail', HTMLElement);
  readonly #close = byId('detail-close', HTMLElement);
  readonly #split = byId('split', HTMLSelectElement);
  readonly #stack = byId('stack', HTMLButtonElement);
  readonly #pin = byId('detail-pin', HTMLElement);
  readonly #add = byId('add', HTMLInputElement);
  readonly #frame = byId('detail-chart', HTMLElement);
  readonly #readout = byId('detail-readout', HTMLElement);
  readonly #buckets = byId('buckets', HTMLDetailsElement);
  readonly #state: State;
  readonly #options: DetailOptions;
  #metrics: ReadonlyMap<string, MetricInfo> = new Map();
  #chart: Chart | undefined;
  #shown: { readonly figures: Figures; readonly answer: RangeAnswer } | undefined;
  #hovered: number | null = null;
  /** The metrics whose tags are known. */
  #tagsOf = '';

  constructor(state: State, options: DetailOptions) {
    this.#state = state;
    this.#options = options;
    const change = (part: Partial<View>): void => options.onView({ ...state.view!, ...part });
    this.#close.addEventListener('click', () => options.onView(undefined));
    this.#split.addEventListener('change', () => change({ split: this.#split.value }));
    this.#stack.addEventListener('click', () => change({ isStacked: !state.view!.isStacked }));
    this.#pin.addEventListener('click', () => options.onPin(state.view!));
    byId('add-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#addMetric(change);
    });
    this.#buckets.addEventListener('toggle', () => this.#fillBuckets());
    this.#frame.addEventListener('keydown', (event) => this.#moveBy(event));
    this.#frame.addEventListener('blur', () => this.#chart?.leave());
  }

  get isOpen(): boolean {
    return !this.#element.hidden;
  }

  /** What is shown, to be saved. */
  get shown(): { readonly figures: Figures; readonly answer: RangeAnswer } | undefined {
    return this.#shown;
  }

  setMetrics(metrics: readonly MetricInfo[]): void {
    this.#metrics = new Map(metrics.map((metric) => [keyOf(metric), metric]));
  }

  /** Shows what the state names, or nothing. */
  async update(): Promise<void> {
    const { view, range, resolution, tags } = this.#state;
    if (view === undefined) {
      if (this.isOpen) this.#clear();
      return;
    }
    this.#open(view);
    const current = writeView(view);
    if (this.#tagsOf !== view.metrics.join('\n')) await this.#loadTags(view);
    if (this.#state.view === undefined || writeView(this.#state.view) !== current) return;
    const answer = await fetchRange({
      names: view.metrics.map(nameOf),
      period: periodOf(range),
      resolution,
      tags,
      by: view.split,
    });
    if (this.#state.view !== undefined && writeView(this.#state.view) === current) this.#show(answer, view);
  }

  #open(view: View): void {
    const isNew = !this.isOpen;
    this.#element.hidden = false;
    byId('overview', HTMLElement).hidden = true;
    if (isNew) this.#close.focus();
    byId('detail-name', HTMLElement).textContent = titleOf({ ...view, split: '' });
    const isPinned = this.#state.pins.some((pin) => writeView(pin) === writeView(view));
    this.#pin.setAttribute('aria-pressed', String(isPinned));
    this.#stack.setAttribute('aria-pressed', String(view.isStacked));
    this.#split.value = view.split;
    byId('parts', HTMLElement).replaceChildren(
      ...(view.metrics.length > 1 ? view.metrics.map((metric) => this.#partOf(metric)) : []),
    );
    byId('add-names', HTMLElement).replaceChildren(
      ...[...this.#metrics.values()]
        .filter((metric) => !view.metrics.includes(keyOf(metric)))
        .map((metric) => option(metric.name, typeLabel(metric))),
    );
  }

  #clear(): void {
    this.#element.hidden = true;
    byId('overview', HTMLElement).hidden = false;
    this.#chart?.destroy();
    this.#chart = undefined;
    this.#shown = undefined;
    this.#hovered = null;
    this.#tagsOf = '';
  }

  /** A metric of the chart, to be left out. */
  #partOf(metric: string): HTMLElement {
    const chip = create(
      'button',
      { className: 'chip' },
      create('span', { className: 'chip-text', text: nameOf(metric) }),
    );
    chip.type = 'button';
    nameButton(chip, `Leave out ${nameOf(metric)}`);
    chip.addEventListener('click', () => {
      const view = this.#state.view!;
      this.#options.onView({ ...view, metrics: view.metrics.filter((each) => each !== metric) });
    });
    return chip;
  }

  #addMetric(change: (part: Partial<View>) => void): void {
    const { metrics } = this.#state.view!;
    const found = [...this.#metrics].find(
      ([key, { name }]) => name === this.#add.value && !metrics.includes(key),
    );
    this.#add.setCustomValidity(found === undefined ? 'No other metric has this name.' : '');
    if (found === undefined) {
      this.#add.reportValidity();
      // What is typed next is judged anew.
      this.#add.addEventListener('input', () => this.#add.setCustomValidity(''), { once: true });
      return;
    }
    this.#add.value = '';
    change({ metrics: [...metrics, found[0]] });
  }

  async #loadTags(view: View): Promise<void> {
    const { series } = await fetchSeries(view.metrics.map(nameOf));
    const own = series.filter((each) => view.metrics.includes(keyOf(each)));
    const keys = [...new Set(own.flatMap(({ tags }) => Object.keys(tags)))].sort(byName);
    const [first] = own;
    const kind = view.metrics.length > 1 ? `${view.metrics.length} metrics` : first && typeLabel(first);
    const count = own.length === 1 ? '1 series' : `${formatCount(own.length)} series`;
    byId('detail-facts', HTMLElement).textContent =
      first === undefined ? 'never recorded' : `${kind} · ${count}`;
    this.#split.replaceChildren(option('', 'nothing'), ...keys.map((key) => option(key, key)));
    this.#split.value = view.split;
    this.#split.disabled = keys.length === 0;
    this.#tagsOf = view.metrics.join('\n');
  }

  #show(answer: RangeAnswer, view: View): void {
    const figures = figuresOf(answer, view, this.#options.circumstances());
    const { lines } = figures.chart;
    this.#shown = { figures, answer };
    this.#options.onAnswer(answer);
    const nothing = byId('detail-nothing', HTMLElement);
    nothing.textContent = figures.nothing;
    nothing.hidden = figures.nothing === '';
    this.#stack.disabled = lines.length < 2 || figures.chart.isBand || !makeSum(lines);
    const notDrawn = lines.filter((line) => !scalesOf(lines).includes(scaleOf(line)));
    const note = byId('detail-note', HTMLElement);
    note.hidden = notDrawn.length === 0;
    note.textContent = `Not drawn, because a chart has two scales: ${notDrawn.map(({ label }) => label).join(', ')}`;
    if (figures.nothing === '') {
      this.#chart ??= new Chart(this.#frame, {
        isSmall: false,
        onHover: (index) => {
          this.#hovered = index;
          this.#fill();
        },
        onZoom: this.#options.onZoom,
      });
      this.#chart.show(figures.chart);
    } else {
      this.#chart?.destroy();
      this.#chart = undefined;
      this.#hovered = null;
    }
    this.#fill();
    this.#fillBuckets();
  }

  #fill(): void {
    if (this.#shown === undefined) return;
    const { figures, answer } = this.#shown;
    const [only] = figures.chart.isBand ? figures.series : [];
    const further = only === undefined ? [] : furtherLines(only, figures.watched);
    const { times, step } = figures.chart;
    const hovered = this.#hovered !== null && this.#hovered < times.length ? this.#hovered : null;
    const { more } = answer;
    summaryTable(byId('legend', HTMLTableElement), figures, { further, hovered, more });
    this.#readout.textContent =
      hovered === null ? '' : `${formatTime(times[hovered]!, step)}: ${describeBucket(figures, hovered)}`;
  }

  /** The table of all buckets is long: it is made when somebody wants to see it. */
  #fillBuckets(): void {
    if (this.#buckets.open && this.#shown)
      bucketTable(byId('bucket-table', HTMLTableElement), this.#shown.figures);
  }

  #moveBy(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#chart?.step(step);
  }
}
