/**
 * When a suggestion counts as shown, and which one was seen last.
 *
 * VS Code tells extensions nothing about what it paints. It paints what it was handed at once, unless the writer went
 * on meanwhile: so an answer that still fits after a moment was seen.
 */

/** Milliseconds that nothing may change after the hand-over. */
export const stillFor = 100;

/** Ids that are remembered as told; older ones don't come back. */
const remembered = 500;

/** Where an editor stands. Two places are the same when all of it is. */
export interface Place {
  readonly uri: string;
  readonly version: number;
  readonly line: number;
  readonly character: number;
}

export class Shown {
  private readonly here: () => Place | undefined;
  private readonly told = new Set<string>();
  private waiting: NodeJS.Timeout | undefined;
  private last: string | undefined;

  /** `here` says where the active editor stands. */
  constructor(here: () => Place | undefined) {
    this.here = here;
  }

  /** The suggestion that the writer saw last, visible still or not. */
  get seenLast(): string | undefined {
    return this.last;
  }

  /** A suggestion was handed over for `place`. Calls `tell` once it was shown, and only once for each id. */
  handedOver(id: string, place: Place, tell: () => void): void {
    this.nothing();
    this.waiting = setTimeout(() => {
      if (!same(place, this.here())) return;
      this.last = id;
      if (this.told.has(id)) return;
      this.remember(id);
      tell();
    }, stillFor);
  }

  /** A newer answer that shows nothing came, or ghost text is hidden: what was handed over before is seen no more. */
  nothing(): void {
    clearTimeout(this.waiting);
    this.waiting = undefined;
  }

  private remember(id: string): void {
    this.told.add(id);
    const [oldest] = this.told;
    if (this.told.size > remembered && oldest !== undefined) this.told.delete(oldest);
  }
}

function same(one: Place, other: Place | undefined): boolean {
  return (
    one.uri === other?.uri &&
    one.version === other.version &&
    one.line === other.line &&
    one.character === other.character
  );
}
