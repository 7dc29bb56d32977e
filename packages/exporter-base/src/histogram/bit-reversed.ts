/**
 * The numbers below `size`, ordered by their binary digits in reverse: however many of them come first, they are spread
 * over all. A server that flushes between two datagrams then sees two thinner pictures instead of a head and a tail.
 */
export function bitReversed(size: number): number[] {
  let order = [0];
  while (order.length < size) {
    order = [...order.map((index) => 2 * index), ...order.map((index) => 2 * index + 1)];
  }
  return order.filter((index) => index < size);
}
