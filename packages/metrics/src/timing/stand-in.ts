/** Members that a stand-in has in place of those of the object for which it stands. */
export type OwnMembers = Readonly<Record<PropertyKey, (...args: never[]) => unknown>>;

/**
 * A proxy that stands for an object, with some members of its own. Methods of the object are called on the object itself,
 * because they may reach private fields, which a proxy does not have; a method that returns the object returns the stand-in.
 *
 * @returns `undefined` if the object does not allow it, because it is frozen
 */
export function standInFor<Target extends object>(target: Target, own: OwnMembers): Target | undefined {
  for (const member of Reflect.ownKeys(own)) if (isFixed(target, member)) return undefined;
  const methods = new Map<unknown, unknown>();
  const methodFor = (method: (...args: unknown[]) => unknown): unknown => {
    let called = methods.get(method);
    if (called === undefined) {
      called = new Proxy(method, {
        apply(_method, receiver, args) {
          const returned: unknown = Reflect.apply(method, receiver === standIn ? target : receiver, args);
          return returned === target ? standIn : returned;
        },
      });
      methods.set(method, called);
    }
    return called;
  };
  const standIn: Target = new Proxy(target, {
    get(_target, member) {
      if (Object.hasOwn(own, member)) return own[member as string];
      const value: unknown = Reflect.get(target, member, target);
      if (typeof value !== 'function' || member === 'constructor' || isFixed(target, member)) return value;
      return methodFor(value as (...args: unknown[]) => unknown);
    },
    set: (_target, member, value) => Reflect.set(target, member, value, target),
  });
  return standIn;
}

/** Whether a proxy must return the very value that the object has. */
function isFixed(target: object, member: PropertyKey): boolean {
  const property = Object.getOwnPropertyDescriptor(target, member);
  return property !== undefined && property.configurable === false && property.writable !== true;
}
