/** An element of the page's own HTML, of this class. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.querySelector(`#${id}`);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} #${id}`);
  return element;
}

/** A new element. Names and tags come from anywhere, so everything is set as text, and nothing as HTML. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { className, text }: { readonly className?: string; readonly text?: string } = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== undefined) element.className = className;
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

export function option(value: string, text: string): HTMLOptionElement {
  const element = create('option', { text });
  element.value = value;
  return element;
}

/** A small square in the colour of a line. */
export function swatch(color: string): HTMLElement {
  const square = create('i', { className: 'swatch' });
  square.style.background = color.startsWith('--') ? `var(${color})` : color;
  return square;
}

/** A button of the page that says what it does to whoever can't see its picture. */
export function iconButton(icon: string, label: string, onClick: () => void): HTMLButtonElement {
  const button = create('button', { className: `icon-button icon-${icon}` });
  button.type = 'button';
  nameButton(button, label);
  button.addEventListener('click', (event) => {
    // A card opens when it is clicked anywhere else.
    event.stopPropagation();
    onClick();
  });
  return button;
}

export function nameButton(button: HTMLElement, label: string): void {
  button.title = label;
  button.setAttribute('aria-label', label);
}

/** A name whose end can always be read: where there is little room, its middle is cut. */
export function nameElement(name: string): HTMLElement {
  const characters = Array.from(new Intl.Segmenter().segment(name), ({ segment }) => segment);
  const cut = Math.max(characters.length - 14, Math.ceil(characters.length / 2));
  return create(
    'span',
    { className: 'name' },
    create('span', { className: 'name-start', text: characters.slice(0, cut).join('') }),
    create('span', { className: 'name-end', text: characters.slice(cut).join('') }),
  );
}

/** Saves a text as a file. */
export function save(fileName: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = create('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
