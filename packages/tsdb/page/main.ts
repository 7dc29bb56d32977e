// Over 300 lines, because this is the script of one page: its parts share the elements and the state that are found below.
import { fetchNames, fetchRange, fetchSeries, type NamesAnswer } from './api.ts';
import { Card } from './card.ts';
import { Detail } from './detail.ts';
import { byId, create, option } from './elements.ts';
import { formatBytes, formatSeconds } from './format.ts';
import { RANGES, readState, writeState } from './state.ts';
import { startTheme } from './theme.ts';

const state = readState(location.hash);

const search = byId('search', HTMLInputElement);
const resolution = byId('resolution', HTMLSelectElement);
const live = byId('live', HTMLButtonElement);
const tagForm = byId('tag-form', HTMLFormElement);
const tagInput = byId('tag', HTMLInputElement);
const cardsElement = byId('cards', HTMLElement);
const banner = byId('banner', HTMLElement);
const empty = byId('empty', HTMLElement);

/** How often what can be seen is asked for again, by the length of the range. */
const refreshMillis = (): number => (state.rangeSeconds <= 3600 ? 5000 : 30_000);
/** How many metrics one request asks for. */
const BATCH = 12;

const cards = new Map<string, Card>();
const visible = new Set<Card>();
const byElement = new WeakMap<Element, Card>();
let names: NamesAnswer | undefined;
let failures = 0;
let shownSeconds = 0;

/** Counts up when something else is to be shown: answers to older questions are thrown away. */
let question = 0;

const detail = new Detail(state, () => {
  saveState();
  void run(() => detail.update());
});
startTheme(byId('theme', HTMLElement), () => {
  detail.redraw();
  void run(loadVisible);
});

const observer = new IntersectionObserver(
  (entries) => {
    const fresh: Card[] = [];
    for (const { target, isIntersecting } of entries) {
      const card = byElement.get(target)!;
      if (isIntersecting) {
        visible.add(card);
        fresh.push(card);
      } else {
        visible.delete(card);
        card.hide();
      }
    }
    if (fresh.length > 0) void run(() => load(fresh));
  },
  { rootMargin: '200px' },
);

function saveState(): void {
  history.replaceState(null, '', writeState(state));
}

/** Does something that asks the server; shows when it doesn't answer, and when it does again. */
async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    failures = 0;
  } catch (error) {
    failures += 1;
    showBanner(error instanceof TypeError ? 'The server does not answer. Trying again…' : String(error));
    return;
  }
  showBanner(
    names?.redis === 'away' ? 'Redis does not answer. Until it does, only this one process is shown.' : '',
  );
}

function showBanner(text: string): void {
  banner.textContent = text;
  banner.hidden = text === '';
}

async function loadNames(): Promise<void> {
  const answer = await fetchNames();
  const isNew =
    names === undefined ||
    names.names.length !== answer.names.length ||
    answer.names.some(({ name }) => !cards.has(name));
  names = answer;
  showStore(answer.store);
  if (resolution.options.length === 0) {
    resolution.replaceChildren(option('', 'auto'), ...answer.resolutions.map((each) => option(each, each)));
    resolution.value = state.resolution;
  }
  if (isNew) {
    showCards(answer);
    showGroups(answer);
    filter();
  }
}

function showStore({ series, maxSeries, bytes, maxBytes }: NamesAnswer['store']): void {
  byId('series-used', HTMLElement).textContent =
    `${series.toLocaleString()} of ${maxSeries.toLocaleString()}`;
  byId('bytes-used', HTMLElement).textContent = `${formatBytes(bytes)} of ${formatBytes(maxBytes)}`;
  byId('series-meter', HTMLMeterElement).value = series / maxSeries;
  byId('bytes-meter', HTMLMeterElement).value = bytes / maxBytes;
}

function showCards(answer: NamesAnswer): void {
  const present = new Set(answer.names.map(({ name }) => name));
  for (const [name, card] of cards) {
    if (present.has(name)) continue;
    observer.unobserve(card.element);
    visible.delete(card);
    card.hide();
    cards.delete(name);
  }
  for (const metric of answer.names) {
    if (cards.has(metric.name)) continue;
    const card = new Card(metric, () => {
      state.metric = metric.name;
      saveState();
      void run(() => detail.update());
    });
    cards.set(metric.name, card);
    byElement.set(card.element, card);
    observer.observe(card.element);
  }
  const sorted = [...cards.values()].sort((first, second) =>
    first.metric.name < second.metric.name ? -1 : 1,
  );
  cardsElement.replaceChildren(...sorted.map(({ element }) => element));
}

/** The first word of a name, if several names begin with it. */
function groupOf(name: string): string {
  return /^[^./:_]+(?=[./:_])/.exec(name)?.[0] ?? '';
}

function showGroups(answer: NamesAnswer): void {
  const counts = new Map<string, number>();
  for (const { name } of answer.names) counts.set(groupOf(name), (counts.get(groupOf(name)) ?? 0) + 1);
  const groups = [...counts]
    .filter(([group, count]) => group !== '' && count > 1)
    .sort(([first], [second]) => (first < second ? -1 : 1));
  const entries: (readonly [group: string, label: string, count: number])[] = [
    ['', 'All metrics', answer.names.length],
    ...groups.map(([group, count]) => [group, group, count] as const),
  ];
  byId('groups', HTMLElement).replaceChildren(
    ...entries.map(([group, label, count]) => {
      const button = create(
        'button',
        {},
        create('span', { className: 'group-name', text: label }),
        create('span', { className: 'group-count', text: count.toLocaleString() }),
      );
      button.type = 'button';
      button.title = label;
      button.setAttribute('aria-pressed', String(state.group === group));
      button.addEventListener('click', () => {
        state.group = group;
        for (const each of byId('groups', HTMLElement).querySelectorAll('button')) {
          each.setAttribute('aria-pressed', String(each === button));
        }
        saveState();
        filter();
        scrollTo({ top: 0 });
      });
      return button;
    }),
  );
}

/** Hides the cards that are not looked for. */
function filter(): void {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [name, { element }] of cards) {
    const lower = name.toLowerCase();
    const matches =
      (state.group === '' || groupOf(name) === state.group) && words.every((word) => lower.includes(word));
    element.hidden = !matches;
    if (matches) count += 1;
  }
  showSummary(count);
  empty.hidden = count > 0;
  empty.textContent =
    cards.size === 0
      ? 'Nothing has been recorded yet. This page fills by itself as soon as something is.'
      : 'No metric has a name like that.';
}

function showSummary(count: number): void {
  const [, label = ''] = RANGES.find(([seconds]) => seconds === state.rangeSeconds) ?? [];
  const where = names?.redis === 'connected' ? 'all processes' : 'this process';
  const summary = byId('summary', HTMLElement);
  summary.replaceChildren(
    create('strong', { text: `${count.toLocaleString()} ${count === 1 ? 'metric' : 'metrics'}` }),
    ` of ${where}, last ${label}`,
    shownSeconds > 0 ? ` in steps of ${formatSeconds(shownSeconds)}` : '',
  );
  summary.dataset['count'] = String(count);
}

async function load(asked: readonly Card[]): Promise<void> {
  const { rangeSeconds, resolution: step, tags } = state;
  const current = question;
  const shown = asked.filter((card) => visible.has(card) && !card.element.hidden);
  for (let from = 0; from < shown.length; from += BATCH) {
    const batch = shown.slice(from, from + BATCH);
    const answer = await fetchRange({
      names: batch.map(({ metric }) => metric.name),
      rangeSeconds,
      resolution: step,
      tags,
    });
    if (current !== question) return;
    const found = new Map(answer.series.toReversed().map((series) => [series.name, series]));
    for (const card of batch) {
      const series = found.get(card.metric.name);
      if (series !== undefined && visible.has(card)) card.show(series, answer);
    }
    if (shownSeconds !== answer.seconds) {
      shownSeconds = answer.seconds;
      showSummary(Number(byId('summary', HTMLElement).dataset['count'] ?? cards.size));
    }
  }
}

async function loadVisible(): Promise<void> {
  await load([...visible]);
  if (detail.isOpen) await detail.update();
}

/** Something else is to be shown. */
function changed(): void {
  question += 1;
  saveState();
  filter();
  void run(loadVisible);
}

function showRanges(): void {
  byId('ranges', HTMLElement).replaceChildren(
    ...RANGES.map(([seconds, label]) => {
      const button = create('button', { text: label });
      button.type = 'button';
      button.setAttribute('aria-pressed', String(seconds === state.rangeSeconds));
      button.addEventListener('click', () => {
        state.rangeSeconds = seconds;
        // A step that was chosen for another range would make too many points, or too few.
        state.resolution = '';
        resolution.value = '';
        showRanges();
        changed();
      });
      return button;
    }),
  );
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
      });
      return chip;
    }),
  );
}

/** The tags of what can be seen, to choose from. */
async function suggestTags(): Promise<void> {
  const shown = [...visible].filter((card) => !card.element.hidden).slice(0, 20);
  if (shown.length === 0) return;
  const { series } = await fetchSeries(shown.map(({ metric }) => metric.name));
  const tags = new Set(
    series.flatMap((each) => Object.entries(each.tags).map(([key, value]) => `${key}:${value}`)),
  );
  byId('tag-suggestions', HTMLElement).replaceChildren(
    ...[...tags]
      .sort()
      .slice(0, 200)
      .map((tag) => option(tag, tag)),
  );
}

search.value = state.search;
search.addEventListener('input', () => {
  state.search = search.value;
  saveState();
  filter();
});
resolution.addEventListener('change', () => {
  state.resolution = resolution.value;
  changed();
});
live.addEventListener('click', () => {
  live.setAttribute('aria-pressed', String(live.getAttribute('aria-pressed') !== 'true'));
});
tagInput.addEventListener('focus', () => void run(suggestTags));
tagForm.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!state.tags.includes(tagInput.value)) state.tags.push(tagInput.value);
  tagInput.value = '';
  showTags();
  changed();
});
addEventListener('keydown', (event) => {
  if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    search.focus();
  }
});
addEventListener('hashchange', () => {
  Object.assign(state, readState(location.hash));
  search.value = state.search;
  resolution.value = state.resolution;
  showRanges();
  showTags();
  changed();
  void run(() => detail.update());
});

async function keepUpToDate(): Promise<never> {
  for (;;) {
    // Not sooner when the server is away; not at all while nobody looks.
    await new Promise((resolve) => setTimeout(resolve, refreshMillis() * Math.min(1 + failures, 6)));
    if (document.hidden || live.getAttribute('aria-pressed') !== 'true') continue;
    await run(async () => {
      await loadNames();
      await loadVisible();
    });
  }
}

showRanges();
showTags();
void run(async () => {
  await loadNames();
  await detail.update();
});
void keepUpToDate();
