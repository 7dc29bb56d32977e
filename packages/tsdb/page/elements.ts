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
