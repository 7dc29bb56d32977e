import { byId, create } from './elements.ts';
import { describeRange, isSameRange, RANGES, type TimeRange } from './time-range.ts';

/** The buttons of the ranges, and the form for two moments. */
export class RangeControl {
  readonly #buttons = byId('ranges', HTMLElement);
  readonly #form = byId('times', HTMLFormElement);
  readonly #open = byId('times-open', HTMLButtonElement);
  readonly #from = byId('times-from', HTMLInputElement);
  readonly #to = byId('times-to', HTMLInputElement);
  readonly #chosen = byId('times-chosen', HTMLButtonElement);

  /**
   * @param shownMoments what is shown now, from where somebody begins who wants other moments
   */
  constructor(
    onRange: (range: TimeRange) => void,
    shownMoments: () => { since: number; until: number } | undefined,
  ) {
    this.#buttons.replaceChildren(
      ...RANGES.map(([label, title, range]) => {
        const button = create('button', { text: label });
        button.type = 'button';
        button.title = title;
        button.addEventListener('click', () => onRange(range));
        return button;
      }),
    );
    this.#form.addEventListener('beforetoggle', (event) => {
      const moments = event.newState === 'open' ? shownMoments() : undefined;
      if (moments === undefined) return;
      this.#from.value = localText(moments.since);
      this.#to.value = localText(moments.until);
    });
    this.#form.addEventListener('toggle', () => {
      const { bottom, right } = this.#open.getBoundingClientRect();
      this.#form.style.top = `${bottom + 6}px`;
      this.#form.style.left = `${Math.max(Math.min(right, innerWidth - 12) - this.#form.offsetWidth, 12)}px`;
    });
    this.#form.addEventListener('input', () => this.#judge());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#form.hidePopover();
      onRange({ kind: 'between', since: secondsOf(this.#from), until: secondsOf(this.#to) });
    });
    this.#chosen.addEventListener('click', () => onRange({ kind: 'fit' }));
  }

  show(range: TimeRange): void {
    for (const [index, button] of [...this.#buttons.children].entries()) {
      button.setAttribute('aria-pressed', String(isSameRange(RANGES[index]![2], range)));
    }
    this.#open.setAttribute('aria-pressed', String(range.kind === 'between'));
    this.#chosen.hidden = range.kind !== 'between';
    if (range.kind !== 'between') return;
    const text = describeRange(range);
    this.#chosen.replaceChildren(create('span', { className: 'chip-text', text }));
    this.#chosen.title = `Leave ${text}`;
  }

  #judge(): void {
    const isOrdered = secondsOf(this.#from) < secondsOf(this.#to);
    this.#to.setCustomValidity(isOrdered ? '' : 'The end must be after the beginning.');
  }
}

/** What a browser's input of a moment holds: the user's own time, without a zone. */
function localText(seconds: number): string {
  const date = new Date(seconds * 1000);
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

function secondsOf({ value }: HTMLInputElement): number {
  return new Date(value).getTime() / 1000;
}
