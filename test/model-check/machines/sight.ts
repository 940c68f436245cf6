/** Who sees whom: polls that are lost, paths that work for one observer and not for another. */

export class Sight {
  /** `<observer> <member>` */
  readonly #lost = new Set<string>();
  readonly #cut = new Set<string>();
  /** Polls in a row in which an observer did not see a member. */
  readonly #missed = new Map<string, number>();

  /** One poll gets no answer. */
  lose(observer: string, member: string): void {
    this.#lost.add(`${observer} ${member}`);
  }

  /** No poll gets one, until `clear`. */
  cut(observer: string, member: string): void {
    this.#cut.add(`${observer} ${member}`);
  }

  clear(): void {
    this.#lost.clear();
    this.#cut.clear();
  }

  get isClear(): boolean {
    return this.#lost.size === 0 && this.#cut.size === 0;
  }

  /** The poll of an observer: of each member whether it was reached. */
  poll(observer: string, members: readonly string[]): ReadonlyMap<string, boolean> {
    return new Map(
      members.map((member) => {
        const key = `${observer} ${member}`;
        const isSeen = !this.#lost.delete(key) && !this.#cut.has(key);
        this.#missed.set(key, isSeen ? 0 : this.missed(observer, member) + 1);
        return [member, isSeen] as const;
      }),
    );
  }

  missed(observer: string, member: string): number {
    return this.#missed.get(`${observer} ${member}`) ?? 0;
  }
}
