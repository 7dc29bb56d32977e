// Over 300 lines, because this is the script of one page: its parts share the elements and the state that are found below.
import {
  fetchEvents,
  fetchNames,
  fetchSeries,
  Refused,
  Unreachable,
  type EventInfo,
  type NamesAnswer,
  type RangeAnswer,
} from './api.ts';
import { Detail } from './detail.ts';
import { csvOf, jsonOf, type Shown } from './download.ts';
import { byId, create, option, save } from './elements.ts';
import { figuresOf, type Circumstances } from './figures.ts';
import { byName, formatBytes, formatCount, formatMoment, formatSeconds, formatSpan } from './format.ts';
import { showGroups } from './groups.ts';
import { Overview } from './overview.ts';
import { askFor, LARGE_BATCH } from './questions.ts';
import { RangeControl } from './range-control.ts';
import { ORDERS, readState, withTag, writeState } from './state.ts';
import { eventTable } from './tables.ts';
import { startTheme } from './theme.ts';
import { describeRange, lengthOf, type TimeRange } from './time-range.ts';
import { nameOf, writeView, type View } from './views.ts';
import { watchedOf } from './watched.ts';

const state = readState(location.hash);

const search = byId('search', HTMLInputElement);
const resolution = byId('resolution', HTMLSelectElement);
const order = byId('order', HTMLSelectElement);
const live = byId('live', HTMLButtonElement);
const tagInput = byId('tag', HTMLInputElement);
const banner = byId('banner', HTMLElement);

/** How often what can be seen is asked for again, by the length of the range. */
const refreshMillis = (): number => (lengthOf(state.range) <= 3600 ? 5000 : 30_000);

let names: NamesAnswer | undefined;
/** Unknown until they were asked for. */
let events: readonly EventInfo[] | undefined;
/** The newest answer that is shown: it tells the server's time. */
let newest: RangeAnswer | undefined;
let count = 0;
let failures = 0;

const circumstances = (): Circumstances => ({
  flushSeconds: names?.flushSeconds ?? 0,
  isFitted: state.range.kind === 'fit',
  hasTags: state.tags.length > 0,
  marks: events ?? [],
});

function showAnswer(answer: RangeAnswer): void {
  newest = answer;
  showSummary();
}

const overview = new Overview(state, {
  actions: { onOpen: showView, onPin: togglePin, onZoom: zoom },
  circumstances,
  resolutions: () => names?.resolutions ?? [],
  onCount: (shown) => {
    count = shown;
    showSummary();
    showEmpty();
  },
  onAnswer: showAnswer,
  onNeed: (work) =>
    void run(async () => {
      await work();
      if (events === undefined) await loadEvents();
    }),
});

const detail = new Detail(state, {
  circumstances,
  onView: showView,
  onPin: togglePin,
  onZoom: zoom,
  onAnswer: showAnswer,
});

const rangeControl = new RangeControl(
  showRange,
  () => newest && { since: newest.since, until: newest.until },
);

startTheme(byId('theme', HTMLElement), () => void run(refresh));

/** Keeps the state in the address. What can be left by the browser's "back" is a step of its history. */
function saveState({ isStep = false } = {}): void {
  history[isStep ? 'pushState' : 'replaceState'](null, '', writeState(state));
}

/** Does something that asks the server; shows when it doesn't answer, and when it does again. */
async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    failures = 0;
  } catch (error) {
    failures += 1;
    if (error instanceof Unreachable) {
      showBanner('The server does not answer. Trying again…');
    } else {
      showBanner(error instanceof Error ? error.message : String(error));
      // A fault of the page itself is told to whoever opens the browser's console.
      if (!(error instanceof Refused)) reportError(error);
    }
    return;
  }
  showBanner(
    names?.redis === 'away' ? 'Redis does not answer. Until it does, only this one process is shown.' : '',
  );
}

function showBanner(text: string): void {
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = text === '';
}

async function loadNames(): Promise<void> {
  names = await fetchNames();
  showStore(names.store);
  if (resolution.options.length === 0) {
    resolution.replaceChildren(option('', 'auto'), ...names.resolutions.map((each) => option(each, each)));
    resolution.value = state.resolution;
  }
  overview.setMetrics(names.names);
  detail.setMetrics(names.names);
  showEmpty();
  showGroupList();
}

function showStore({ series, maxSeries, bytes, maxBytes }: NamesAnswer['store']): void {
  byId('series-used', HTMLElement).textContent = `${formatCount(series)} of ${formatCount(maxSeries)}`;
  byId('bytes-used', HTMLElement).textContent = `${formatBytes(bytes)} of ${formatBytes(maxBytes)}`;
  byId('series-meter', HTMLMeterElement).value = series / maxSeries;
  byId('bytes-meter', HTMLMeterElement).value = bytes / maxBytes;
}

function showGroupList(): void {
  showGroups(names?.names.map(({ name }) => name) ?? [], {
    chosen: state.group,
    pins: state.pins.length,
    onGroup: (group) => {
      state.group = group;
      if (state.view !== undefined) showView(undefined);
      saveState();
      showGroupList();
      overview.filter();
      scrollTo({ top: 0 });
    },
  });
}

function showEmpty(): void {
  const empty = byId('empty', HTMLElement);
  empty.hidden = count > 0 || names === undefined;
  empty.textContent =
    names?.names.length === 0
      ? 'Nothing has been recorded yet. This page fills by itself as soon as something is.'
      : 'No metric has a name like that.';
}

function showSummary(): void {
  const where = names?.redis === 'connected' ? 'all processes' : 'this process';
  const steps = newest === undefined ? '' : ` in steps of ${formatSeconds(newest.seconds)}`;
  byId('summary', HTMLElement).replaceChildren(
    create('strong', { text: `${formatCount(count)} ${count === 1 ? 'metric' : 'metrics'}` }),
    ` of ${where}${rangeText()}${steps}`,
  );
}

/** The range in words; of one that is fitted, how long it is. Two moments stand beside it, to be left. */
function rangeText(): string {
  if (state.range.kind === 'between') return '';
  if (state.range.kind === 'last' || newest === undefined) return `, ${describeRange(state.range)}`;
  const { from } = watchedOf(newest, circumstances());
  return `, last ${formatSpan(newest.until - from)}`;
}

async function refresh(): Promise<void> {
  if (state.view === undefined) await overview.refresh();
  else await detail.update();
  await loadEvents();
}

async function loadEvents(): Promise<void> {
  if (newest === undefined) return;
  const found = await fetchEvents(newest.since, newest.until);
  const isNew = JSON.stringify(found) !== JSON.stringify(events ?? []);
  events = found;
  if (!isNew) return;
  const element = byId('events', HTMLDetailsElement);
  element.hidden = events.length === 0;
  const last = events.at(-1);
  if (last !== undefined) {
    const text = `${events.length === 1 ? '1 event' : `${formatCount(events.length)} events`}, the last one: ${last.title}, ${formatMoment(last.time)}`;
    byId('events-summary', HTMLElement).textContent = text;
    eventTable(byId('event-table', HTMLTableElement), events);
  }
  // The marks are drawn with the values.
  if (state.view === undefined) await overview.refresh();
  else await detail.update();
}

/** Something else is to be shown. */
function changed({ isStep = false } = {}): void {
  saveState({ isStep });
  void run(async () => {
    if (state.view === undefined) await overview.reload();
    else await detail.update();
    await loadEvents();
  });
}

function showView(view: View | undefined): void {
  const before = state.view;
  state.view = view;
  if (view !== undefined && before === undefined) listPosition = scrollY;
  saveState({ isStep: (view === undefined) !== (before === undefined) });
  showToolbar();
  void run(() => detail.update());
  if (view === undefined && before !== undefined) {
    scrollTo({ top: listPosition });
    overview.focus(before);
  } else if (before === undefined) {
    scrollTo({ top: 0 });
  }
}

/** Where the overview was scrolled to when a chart was opened. */
let listPosition = 0;

function togglePin(view: View): void {
  const key = writeView(view);
  const others = state.pins.filter((pin) => writeView(pin) !== key);
  state.pins = others.length < state.pins.length ? others : [...state.pins, view];
  saveState();
  overview.arrange();
  showGroupList();
  if (state.view !== undefined) void run(() => detail.update());
}

function showRange(range: TimeRange): void {
  state.range = range;
  // A step that was chosen for another range would make too many points, or too few.
  state.resolution = '';
  showControls();
  changed({ isStep: range.kind === 'between' });
}

function zoom(since: number, until: number): void {
  showRange({ kind: 'between', since: Math.floor(since), until: Math.ceil(until) });
}

function showTags(): void {
  byId('tag-chips', HTMLElement).replaceChildren(
    ...state.tags.map((tag) => {
      const chip = create(
        'button',
        { className: 'chip' },
        create('span', { className: 'chip-text', text: tag }),
      );
      chip.type = 'button';
      chip.title = `Remove ${tag}`;
      chip.addEventListener('click', () => {
        state.tags = state.tags.filter((each) => each !== tag);
        showTags();
        changed();
        tagInput.focus();
      });
      return chip;
    }),
  );
}

/** The tags of what is shown, to choose from. */
async function suggestTags(): Promise<void> {
  const shown = state.view === undefined ? overview.shown.slice(0, 20) : [state.view];
  if (shown.length === 0) return;
  const { series } = await fetchSeries([...new Set(shown.flatMap(({ metrics }) => metrics.map(nameOf)))]);
  const tags = new Set(
    series.flatMap((each) => Object.entries(each.tags).map(([key, value]) => `${key}:${value}`)),
  );
  byId('tag-suggestions', HTMLElement).replaceChildren(
    ...[...tags]
      .sort(byName)
      .slice(0, 200)
      .map((tag) => option(tag, tag)),
  );
}

/** What is to be saved: the chart that is open, or all that are found. */
async function shownNow(): Promise<Shown[]> {
  if (detail.shown !== undefined) return [{ answer: detail.shown.answer, ...detail.shown.figures }];
  const all: Shown[] = [];
  await askFor(overview.shown, state, LARGE_BATCH, (views, answer) => {
    if (answer instanceof Refused) throw answer;
    for (const view of views) all.push({ answer, ...figuresOf(answer, view, circumstances()) });
  });
  return all;
}

function showToolbar(): void {
  byId('order-field', HTMLElement).hidden = state.view !== undefined;
}

function showControls(): void {
  search.value = state.search;
  resolution.value = state.resolution;
  order.value = state.order;
  rangeControl.show(state.range);
  showToolbar();
  showTags();
}

search.addEventListener('input', () => {
  state.search = search.value;
  if (state.view !== undefined) showView(undefined);
  search.focus();
  saveState();
  overview.filter();
});
resolution.addEventListener('change', () => {
  state.resolution = resolution.value;
  changed();
});
order.replaceChildren(...ORDERS.map((each) => option(each, each)));
order.addEventListener('change', () => {
  state.order = ORDERS.find((each) => each === order.value)!;
  overview.arrange();
  changed();
});
live.addEventListener('click', () => {
  live.setAttribute('aria-pressed', String(live.getAttribute('aria-pressed') !== 'true'));
});
tagInput.addEventListener('focus', () => void run(suggestTags));
byId('tag-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  state.tags = withTag(state.tags, tagInput.value);
  tagInput.value = '';
  showTags();
  changed();
});
byId('save-csv', HTMLElement).addEventListener('click', () => {
  void run(async () => save('metrics.csv', 'text/csv', csvOf(await shownNow())));
});
byId('save-json', HTMLElement).addEventListener('click', () => {
  void run(async () => save('metrics.json', 'application/json', jsonOf(await shownNow())));
});
addEventListener('keydown', (event) => {
  if (event.target instanceof HTMLInputElement || document.querySelector(':popover-open') !== null) return;
  if (event.key === '/') {
    event.preventDefault();
    search.focus();
  } else if (event.key === 'Escape' && state.view !== undefined) {
    showView(undefined);
  }
});
addEventListener('hashchange', () => {
  Object.assign(state, readState(location.hash));
  showControls();
  showGroupList();
  overview.arrange();
  void run(async () => {
    await detail.update();
    await (state.view === undefined ? overview.reload() : loadEvents());
  });
});

async function keepUpToDate(): Promise<never> {
  for (;;) {
    // Not sooner when the server is away; not at all while nobody looks.
    await new Promise((resolve) => setTimeout(resolve, refreshMillis() * Math.min(1 + failures, 6)));
    if (document.hidden || live.getAttribute('aria-pressed') !== 'true') continue;
    await run(async () => {
      await loadNames();
      await refresh();
    });
  }
}

showControls();
void run(async () => {
  await loadNames();
  await refresh();
});
void keepUpToDate();
