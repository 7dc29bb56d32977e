import { Refused, type MetricInfo, type RangeAnswer } from './api.ts';
import { Card, titleOf, type CardActions } from './card.ts';
import { byId } from './elements.ts';
import { figuresOf, type Circumstances } from './figures.ts';
import { askFor, LARGE_BATCH, SMALL_BATCH } from './questions.ts';
import { coarseResolution, compareRanks, rankOf, type Rank } from './ranking.ts';
import type { State } from './state.ts';
import { lengthOf } from './time-range.ts';
import { keyOf, viewOf, writeView, type View } from './views.ts';

/** The group that shows only what is pinned. No name begins with a point, so there is no other group like it. */
export const PINNED_GROUP = '.pinned';

/** How long an order by values stays as it is: nobody could read cards that move all the time. */
const RANK_MILLIS = 60_000;

export interface OverviewOptions {
  readonly actions: Omit<CardActions, 'onPick'>;
  /** What the charts need to know beside the answers. */
  readonly circumstances: () => Circumstances;
  /** The steps that the store has. */
  readonly resolutions: () => readonly string[];
  /** Called with how many cards there are to be seen, when that changes. */
  readonly onCount: (count: number) => void;
  /** Called with each answer. */
  readonly onAnswer: (answer: RangeAnswer) => void;
  /** Called when cards can be seen whose values were not asked for. */
  readonly onNeed: (work: () => Promise<void>) => void;
}

/** The cards: which there are, in which order, and what they show. */
export class Overview {
  readonly #state: State;
  readonly #options: OverviewOptions;
  readonly #cards = new Map<string, Card>();
  readonly #byElement = new WeakMap<Element, Card>();
  readonly #visible = new Set<Card>();
  readonly #picked = new Map<string, string>();
  readonly #observer: IntersectionObserver;
  #metrics: ReadonlyMap<string, MetricInfo> = new Map();
  #ranks: ReadonlyMap<string, Rank> = new Map();
  #rankedAt = 0;
  /** Counts up when something else is to be shown: answers to older questions are thrown away. */
  #question = 0;

  constructor(state: State, options: OverviewOptions) {
    this.#state = state;
    this.#options = options;
    this.#observer = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: '200px' });
    byId('picked-open', HTMLElement).addEventListener('click', () => {
      const view = viewOf(...this.#picked.keys());
      this.#unpick();
      options.actions.onOpen(view);
    });
    byId('picked-clear', HTMLElement).addEventListener('click', () => this.#unpick());
  }

  /** Gives the focus to the card of a view, if there is one. */
  focus(view: View): void {
    this.#cards.get(writeView(view))?.element.querySelector('button')?.focus();
  }

  /** The views that can be found now: those that are pinned, and those that are looked for. */
  get shown(): View[] {
    return [...this.#cards.values()].filter(({ element }) => !element.hidden).map(({ view }) => view);
  }

  /** Takes the metrics that there are. */
  setMetrics(metrics: readonly MetricInfo[]): void {
    const keys = metrics.map(keyOf);
    if (keys.length === this.#metrics.size && keys.every((key) => this.#metrics.has(key))) return;
    this.#metrics = new Map(metrics.map((metric) => [keyOf(metric), metric]));
    this.arrange();
  }

  /** Makes and removes cards for the state, and puts them into their order. */
  arrange(): void {
    const pins = new Map(this.#state.pins.map((pin) => [writeView(pin), pin]));
    const views = new Map([...pins, ...[...this.#metrics.keys()].map(ownEntry)]);
    for (const [key, card] of this.#cards) {
      if (views.has(key)) continue;
      this.#observer.unobserve(card.element);
      this.#visible.delete(card);
      card.hide();
      card.element.remove();
      this.#cards.delete(key);
    }
    for (const [key, view] of views) {
      if (!this.#cards.has(key)) this.#cards.set(key, this.#createCard(view));
    }
    const compare = compareRanks(this.#state.order);
    const rest = [...this.#cards.values()].filter(({ key }) => !pins.has(key));
    rest.sort((first, second) => compare(this.#rankOf(first), this.#rankOf(second)));
    place(
      byId('pinned', HTMLElement),
      [...pins.keys()].map((key) => this.#cards.get(key)!.element),
    );
    place(
      byId('cards', HTMLElement),
      rest.map(({ element }) => element),
    );
    for (const card of this.#cards.values()) this.#mark(card);
    this.filter();
  }

  /** Hides the cards that are not looked for. What is pinned stays. */
  filter(): void {
    const { group, search, pins } = this.#state;
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const pinned = new Set(pins.map(writeView));
    let count = 0;
    for (const { key, view, element } of this.#cards.values()) {
      const title = titleOf(view);
      const isInGroup = group === '' || groupOf(title) === group;
      const matches =
        pinned.has(key) || (isInGroup && words.every((word) => title.toLowerCase().includes(word)));
      element.hidden = !matches;
      if (matches) count += 1;
    }
    this.#options.onCount(count);
  }

  /** Throws away answers that are under way, and asks again. */
  async reload(): Promise<void> {
    this.#question += 1;
    this.#rankedAt = 0;
    await this.refresh();
  }

  /** Asks again for what can be seen. */
  async refresh(): Promise<void> {
    await this.#load([...this.#visible]);
    const isOld = Date.now() - this.#rankedAt > RANK_MILLIS;
    if (this.#state.order !== 'name' && isOld) await this.#rank();
  }

  #rankOf(card: Card): Rank {
    const name = titleOf(card.view);
    return this.#ranks.get(card.key) ?? { name, size: 0, change: null };
  }

  /** Asks for the values of everything that is looked for, because that decides about the order. */
  async #rank(): Promise<void> {
    const current = this.#question;
    const ranks = new Map<string, Rank>();
    this.#rankedAt = Date.now();
    const { range, tags } = this.#state;
    const resolution =
      this.#state.resolution || coarseResolution(this.#options.resolutions(), lengthOf(range));
    await askFor(this.shown, { range, resolution, tags }, LARGE_BATCH, (views, answer) => {
      if (answer instanceof Refused) return;
      for (const view of views) {
        ranks.set(
          writeView(view),
          rankOf(titleOf(view), figuresOf(answer, view, this.#options.circumstances())),
        );
      }
    });
    if (current !== this.#question) return;
    this.#ranks = ranks;
    this.arrange();
    for (const card of this.#cards.values()) this.#showChange(card);
  }

  async #load(cards: readonly Card[]): Promise<void> {
    const current = this.#question;
    const asked = new Map(
      cards.filter((card) => this.#visible.has(card) && !card.element.hidden).map((card) => [card.key, card]),
    );
    const views = [...asked.values()].map(({ view }) => view);
    await askFor(views, this.#state, SMALL_BATCH, (answered, answer) => {
      if (current !== this.#question) return;
      for (const view of answered) {
        const card = asked.get(writeView(view))!;
        if (!this.#visible.has(card)) continue;
        if (answer instanceof Refused) card.refuse(answer.message);
        else card.show(answer, this.#options.circumstances());
        this.#showChange(card);
      }
      if (!(answer instanceof Refused)) this.#options.onAnswer(answer);
    });
  }

  #see(entries: readonly IntersectionObserverEntry[]): void {
    const fresh: Card[] = [];
    for (const { target, isIntersecting } of entries) {
      const card = this.#byElement.get(target)!;
      if (isIntersecting) {
        this.#visible.add(card);
        fresh.push(card);
      } else {
        this.#visible.delete(card);
        card.hide();
      }
    }
    if (fresh.length > 0) this.#options.onNeed(() => this.#load(fresh));
  }

  #createCard(view: View): Card {
    const card: Card = new Card(view, { ...this.#options.actions, onPick: () => this.#pick(card) });
    this.#byElement.set(card.element, card);
    this.#observer.observe(card.element);
    return card;
  }

  #showChange(card: Card): void {
    card.showChange(this.#state.order === 'change' ? this.#rankOf(card).change : null);
  }

  #mark(card: Card): void {
    const isPinned = this.#state.pins.some((pin) => writeView(pin) === card.key);
    card.mark({
      isPinned,
      isPicked: this.#picked.has(card.view.metrics[0]!) && card.view.metrics.length === 1,
    });
  }

  #pick(card: Card): void {
    const [metric] = card.view.metrics;
    if (!this.#picked.delete(metric!)) this.#picked.set(metric!, card.key);
    this.#showPicked();
  }

  #unpick(): void {
    this.#picked.clear();
    this.#showPicked();
  }

  #showPicked(): void {
    for (const card of this.#cards.values()) this.#mark(card);
    const { size } = this.#picked;
    byId('picked', HTMLElement).hidden = size === 0;
    byId('picked-count', HTMLElement).textContent = `${size} picked`;
    byId('picked-open', HTMLButtonElement).disabled = size < 2;
  }
}

function ownEntry(metric: string): readonly [key: string, view: View] {
  const view = viewOf(metric);
  return [writeView(view), view];
}

/** Puts elements into an order. What lies right already isn't touched, so that nothing loses the focus. */
function place(parent: HTMLElement, elements: readonly HTMLElement[]): void {
  for (const [index, element] of elements.entries()) {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  }
}

/** The first word of a name, if several names may begin with it. */
export function groupOf(name: string): string {
  return /^[^./:_]+(?=[./:_])/.exec(name)?.[0] ?? '';
}
