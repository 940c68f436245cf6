/** The course of a pool: what charts are drawn from. */

/** How a pool was at one moment. A figure that nobody knew is absent. */
export interface TrendPoint {
  /** Broker time in ms. */
  readonly at: number;
  readonly members: Readonly<
    Record<
      string,
      {
        /** 0..1 of its limit. */
        readonly memory?: number;
        /** Items. */
        readonly depth?: number;
        readonly secondsToFull?: number;
      }
    >
  >;
}
